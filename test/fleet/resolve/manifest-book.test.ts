/** The folders of manifests: what is in their files in any rendering, and which files are left out. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { grammar } from "../../../gitops/grammar.ts";

const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub, region: us-east1 }
rings: [canary, stable]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda }
sites:
  boston: { profile: mini-pc }
  gulf: { profile: mini-pc, ring: canary }
devices:
  store-{01..04}: { site: boston }
  store-05: { site: gulf }
workloads:
`;
/** The number of the first line below \`workloads:\`. */
const first = head.split("\n").length;

const workload = `  price-board:
    versions: { canary: 1.2.4, stable: 1.2.3 }
    manifests: board
`;
const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: prices
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-manifests-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Every mistake, or else every note, without the path of the folder. */
function complaints(workloads = workload): readonly string[] {
  write("fleet.yaml", head + workloads);
  try {
    const { notes } = loadFleet(join(folder, "fleet.yaml"), grammar);
    return notes.map((note) => `note ${formatMistake(note)}`.replaceAll(`${folder}/`, ""));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((each) => formatMistake(each).replaceAll(`${folder}/`, ""));
  }
}

const leftOut = "would be left out: only files with a name like board.yaml or board.yml are read";
test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    "an object in JSON",
    { "d.json": '{ "apiVersion": "v1", "kind": "Secret" }' },
    [`board/d.json: this object ${leftOut}. Write it as YAML, or move it out of this folder.`],
  ],
  ["other JSON", { "dashboard.json": '{ "panels": [] }', "empty.json": "" }, []],
  [
    "capital letters",
    { "E.YAML": "", "e.Yml": "" },
    [
      `board/E.YAML: this file ${leftOut}. Rename it to E.yaml.`,
      `board/e.Yml: this file ${leftOut}. Rename it to e.yml.`,
    ],
  ],
  ["other files", { "README.md": "", "run.sh": "", ".git/a.yaml": "", "notes/a.md": "" }, []],
  [
    "a folder with YAML",
    { "more/a.yaml": configMap },
    [
      `note fleet.yaml:${first + 2}:16: workloads.price-board.manifests: the folder more has YAML files that are left out: files of "board" itself are read. Move them there to use them.`,
    ],
  ],
])("what is not read: %s", (_title, files, expected) => {
  write("board/a.yaml", configMap);
  for (const [name, text] of Object.entries(files)) write(`board/${name}`, text);
  expect(complaints()).toEqual(expected);
});

test("a folder in a folder can be another workload's", () => {
  write("board/a.yaml", configMap);
  write("board/more/a.yaml", configMap);
  const more = workload.replace("price-board", "more").replace("board\n", "./board/more/\n");
  expect(complaints(workload + more)).toEqual([]);
});

test.each(["", "# nothing\n", "---\n---\n# nothing\n"])("files without objects: %j", (text) => {
  write("board/a.yaml", text);
  write("board/b.yaml", "");
  expect(complaints()).toEqual([
    `fleet.yaml:${first + 2}:16: workloads.price-board.manifests: no object in the YAML files of this folder: "board".`,
  ]);
});

test("a label that only the version of one ring makes invalid", () => {
  write("board/a.yaml", configMap.replace("prices\n", 'prices\n  labels: { v: "${version}" }\n'));
  const digest = `1.2.3@sha256:${"a".repeat(64)}`;
  const found = complaints(workload.replace("stable: 1.2.3", `stable: "${digest}"`));
  expect(found).toEqual([
    expect.stringMatching(
      /^board\/a\.yaml:5:16: metadata\.labels\.v: found "1\.2\.3@sha256:.*cannot be a label\.$/,
    ),
  ]);
});

test("a Secret that comes from the hub too", () => {
  const object = (name: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\n`;
  write("board/a.yaml", `${object("other")}---\n${object("login")}`);
  const secrets = `    secrets: [{ name: api, from: api }, { name: login, from: login }]\n`;
  expect(complaints(workload + secrets)).toContain(
    `board/a.yaml:7:19: metadata.name: secrets in fleet.yaml:${first + 3}:49 has a Secret of this name, and the two would replace each other. Give one of them another name, or delete one.`,
  );
});

test("a number that a text would have in another way", () => {
  const numbers = `    values: { tag: 1.10, at: { most: 1e3 }, whole: 1.10, text: "1.10" }
    sites: { gulf: { at: { most: 1000.0 } } }
`;
  const lines = [
    'tag: "${values.tag}"',
    "both: up to ${values.at.most}, ${values.tag}",
    "text: v${values.text}",
  ];
  const object = "apiVersion: example.com/v1\nkind: Board\nmetadata: { name: x }\n";
  write("board/a.yaml", `${object}spec:\n  ${lines.join("\n  ")}\n  whole: \${values.whole}\n`);
  const place = (column: string, key: string, written: string, number: number) =>
    `board/a.yaml:${column}: \${values.${key}} is ${written} in fleet.yaml, a number that would be ${number} here. Write it there in quotes: "${written}".`;
  expect(complaints(workload + numbers)).toEqual([
    place("5:9", "tag", "1.10", 1.1),
    place("6:15", "at.most", "1e3", 1000),
    place("6:34", "tag", "1.10", 1.1),
  ]);
});
