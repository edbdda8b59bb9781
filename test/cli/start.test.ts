/** A second `validate` prints what the first one found, as long as everything is as it was. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";

const program = join(import.meta.dirname, "..", "..", "cli", "flotilla.mjs");

const helper = 'export const page = "prices";\n';
const workload = `import { readFileSync } from "node:fs";
import { ConfigMap } from "cdk8s-plus-27";
import { Construct } from "constructs";
import { Namespace, objectLabels, type WorkloadProps } from "flotilla/gitops";
import { page } from "./page.ts";

export class Board extends Construct {
  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    const { namespace, version } = props;
    new Namespace(this, "namespace", { name: namespace, podSecurity: "restricted", labels: objectLabels(props) });
    const text = readFileSync(new URL("./board.html", import.meta.url), "utf8");
    if (text.includes("broken")) throw new Error("the page is broken");
    new ConfigMap(this, "page", { metadata: { name: page, namespace }, data: { version, text } });
  }
}
`;
const config = `import { defineFleet } from "flotilla";
import { Board } from "./own/board.ts";

export default defineFleet({ workloads: { board: Board } });
`;
const manifest = `apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { a: b }
`;

const fleet = `fleet: boards
domain: edge.boards.example
repository: { url: "https://git.boards.example/state.git", push: dist/state.git }
cloud: { provider: google, project: boards-hub, region: us-east1 }
rings: [canary, stable]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda, butane: { file: snippet.bu } }
sites:
  quay: { timeZone: Europe/Dublin, profile: mini-pc }
devices:
  till-{01..03}: { site: quay, ring: stable }
workloads:
  board: { selector: {}, versions: { canary: "1", stable: "1" } }
  settings: { manifests: parts, selector: {}, versions: { canary: "1", stable: "1" } }
`;
const snippet = `variant: fcos
version: 1.5.0
storage:
  files:
    - path: /etc/board.conf
      contents: { local: board.conf }
`;

const folder = realpathSync(mkdtempSync(join(tmpdir(), "flotilla-start-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const runs = join(folder, "node_modules", ".cache", "flotilla", "runs");
const at = (path: string) => join(folder, path);
const read = (path: string) => readFileSync(at(path), "utf8");

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

function edit(path: string, change: (text: string) => string): void {
  const before = read(path);
  const after = change(before);
  if (after === before) throw new Error(`${path} does not change`);
  writeFileSync(at(path), after);
}

function validate(args: readonly string[] = [], variables: NodeJS.ProcessEnv = {}) {
  const { FLOTILLA_KEY: _key, FLOTILLA_ENVIRONMENT: _name, ...environment } = process.env;
  const options = {
    cwd: folder,
    encoding: "utf8",
    env: { ...environment, ...variables },
  } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, "validate", ...args],
    options,
  );
  return { code: status, out: stdout, err: stderr };
}

const records = () => readdirSync(runs).map((name) => join(runs, name));

/** Replaces what the records print, as nothing but a record can. */
function forge(): void {
  for (const file of records()) {
    const [, body = ""] = readFileSync(file, "utf8").split("\n");
    const forged = JSON.stringify({
      ...JSON.parse(body),
      printed: [["stdout", "FROM THE RECORD\n"]],
    });
    writeFileSync(file, `${createHash("sha256").update(forged).digest("hex")}\n${forged}`);
  }
}

const valid: Readonly<Record<string, string>> = {
  "fleet.yaml": fleet,
  "flotilla.config.ts": config,
  "own/board.ts": workload,
  "own/page.ts": helper,
  "own/board.html": "<p>",
  "parts/a.yaml": manifest,
  "snippet.bu": snippet,
  "board.conf": "page = 1\n",
};

const fromRecord = { code: 0, out: "FROM THE RECORD\n", err: "" };
const fine = { code: 0, out: expect.stringContaining("is fine") };
const broken = (error: string) => ({ code: 1, out: "", err: expect.stringContaining(error) });

/** Changes of a valid project, what undoes them, and the mistake in each. */
const changes: readonly (readonly [change: () => void, undo: () => void, error: string])[] = [
  [() => edit("fleet.yaml", (text) => `${text}x: 1\n`), restore("fleet.yaml"), "unknown key"],
  [
    () => keepingTime("fleet.yaml", (text) => text.replace("[canary, stable]", "[canary; stable]")),
    restore("fleet.yaml"),
    "fleet.yaml:5",
  ],
  [
    () => edit("parts/a.yaml", (text) => text.replace("a: b", "a: 1")),
    restore("parts/a.yaml"),
    "data.a",
  ],
  [() => write("parts/b.yaml", "kind: 1\n"), () => rmSync(at("parts/b.yaml")), "parts/b.yaml"],
  [linkFolder, unlinkFolder, "symbolic link"],
  [() => rmSync(at("board.conf")), restore("board.conf"), "open board.conf"],
  [
    () => write("fleet.lock.yaml", "x: 1\n"),
    () => rmSync(at("fleet.lock.yaml")),
    "fleet.lock.yaml:1",
  ],
  [
    () => write("environments/staging.yaml", "fleet: boards\n"),
    () => rmSync(at("environments"), { recursive: true }),
    "have the same fleet",
  ],
  [() => write("own/board.html", "broken"), restore("own/board.html"), "the page is broken"],
];

function restore(path: string): () => void {
  return () => write(path, valid[path] ?? "");
}

function linkFolder(): void {
  renameSync(at("parts"), at("moved"));
  symlinkSync("moved", at("parts"));
}

function unlinkFolder(): void {
  rmSync(at("parts"));
  renameSync(at("moved"), at("parts"));
}

function keepingTime(path: string, change: (text: string) => string): void {
  const { atime, mtime } = statSync(at(path));
  edit(path, change);
  utimesSync(at(path), atime, mtime);
}

test(
  "a second validate prints what the first one did, while nothing changes",
  { timeout: 300_000 },
  () => {
    mkdirSync(at("node_modules"));
    for (const [path, text] of Object.entries(valid)) write(path, text);
    expect(validate()).toMatchObject(fine);
    forge();
    expect(validate()).toEqual(fromRecord);
    // What no validation looks at.
    write("notes.txt", "a note");
    for (const [change, undo, error] of changes) {
      change();
      expect(validate()).toEqual(broken(error));
      undo();
      expect(validate()).toEqual(fromRecord);
    }
    expect(validate(["--json"]).out).toContain('"mistakes": []');
    expect(validate([], { FLOTILLA_KEY: "" })).toMatchObject(fine);
    expect(validate([], { FLOTILLA_ENVIRONMENT: "nowhere" })).toEqual(broken("nowhere"));
    expect(validate()).toEqual(fromRecord);
    edit("own/page.ts", (text) => text.replace("prices", "prices-of-today"));
    expect(validate()).toMatchObject(fine);
    forge();
    expect(validate()).toEqual(fromRecord);
    write("flotilla.config.ts", "export {};\n");
    expect(validate()).toEqual(broken("default export"));
  },
);

test("own code that may do something else in every run runs every time", () => {
  write("flotilla.config.ts", config);
  rmSync(runs, { recursive: true });
  edit("own/board.ts", (text) => text.replace("{ version, text }", "{ text: String(Date.now()) }"));
  expect(validate()).toMatchObject(fine);
  expect(existsSync(runs)).toBe(false);
});
