import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const key = join(root, "test/fleet/keys/signing-key.asc");
const workloads = ["point-of-sale", "telemetry"];
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, "keys"));
  cpSync(key, join(folder, "keys/ci.asc"));
});

/** The example, with these files as the keys. */
function load(files: string, change = (text: string) => text) {
  const example = readFileSync(join(root, "fleet.yaml"), "utf8");
  const text = example.replace(/^repository:\n/m, `repository:\n  signing: { keys: ${files} }\n`);
  const file = join(folder, "fleet.yaml");
  writeFileSync(file, change(text));
  return loadFleet(file, { workloads }).fleet;
}

function mistakes(files: string, change?: (text: string) => string): readonly string[] {
  try {
    load(files, change);
  } catch (error) {
    if (error instanceof InputError) return error.message.split("\n").map((line) => line.trim());
    throw error;
  }
  return [];
}

test("a fleet has the keys that it names, and without them no signing", () => {
  expect(load("[keys/ci.asc]").repository).not.toHaveProperty("signing.keys.1");
  expect(load("[keys/ci.asc]").repository.signing?.keys[0]).toMatchObject({
    fingerprint: "87F42FA0523530CCA14B20BF1B841BCA264B0B3D",
    text: readFileSync(key, "utf8"),
  });
  const example = loadFleet(join(root, "fleet.yaml"), { workloads }).fleet;
  expect(example.repository).not.toHaveProperty("signing");
});

test("each mistake is at its file's name in the list", () => {
  writeFileSync(
    join(folder, "keys/private.asc"),
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nc2VjcmV0\n",
  );
  writeFileSync(join(folder, "keys/notes.txt"), "notes\n");
  const found = mistakes(
    "[keys/ci.asc, keys/private.asc, keys/notes.txt, keys/none.asc, ../ci.asc, keys, keys/ci.asc]",
  );
  const text = found.join("\n");
  expect(text).not.toContain("c2VjcmV0");
  const at = (index: number) => `repository.signing.keys.${index}: `;
  expect(text).toContain(
    `${at(1)}"keys/private.asc": this file contains a private key. Take it out`,
  );
  expect(text).toContain(
    `${at(2)}"keys/notes.txt": this is not an OpenPGP public key in text form.`,
  );
  expect(text).toContain(`${at(3)}"keys/none.asc": file not found.`);
  expect(text).toContain(`${at(4)}"../ci.asc": `);
  expect(text).toContain(`${at(5)}"keys": `);
  expect(text).toContain(`${at(6)}"keys/ci.asc": this key appears twice in this list. Delete one.`);
  for (const line of found) expect(line).toMatch(/fleet\.yaml:\d+:\d+: repository\.signing\.keys/);
});

test.each(["[]", "{}", "keys/ci.asc", "[1]", '[""]', "null"])("keys: %s is not valid", (files) => {
  expect(mistakes(files).join("\n")).toMatch(/fleet\.yaml:\d+:\d+: repository\.signing\.keys/);
});

test("a workload that Argo CD renders from a chart cannot be verified", () => {
  const chart = `workloads:
  cache:
    select: {}
    versions: { canary: 1.0.0, early: 1.0.0, stable: 1.0.0 }
    chart: { repository: "https://charts.harbor.example", name: valkey }
`;
  const found = mistakes("[keys/ci.asc]", (text) => text.replace(/^workloads:\n/m, chart));
  expect(found.join("\n")).toContain(
    "workloads.cache.chart: Argo CD can't verify signatures where it renders a chart. Render the chart (helm template) and write manifests here, or delete repository.signing.",
  );
});

test.each([
  ["{ global: { env: [{ name: ARGOCD_GPG_ENABLED, value: 'false' }] } }", "global.env.0.name"],
  ["{ repoServer: { env: [{ name: A }, { name: ARGOCD_GPG_ENABLED }] } }", "repoServer.env.1.name"],
  ["{ x: { ARGOCD_GPG_ENABLED: false } }", "x.ARGOCD_GPG_ENABLED"],
  ["{ configs: { gpg: null } }", "configs.gpg"],
  ["{ configs: { gpg: { keys: { 1B841BCA264B0B3D: null } } } }", "configs.gpg"],
  [
    "{ repoServer: { existingVolumes: { gpgKeyring: { emptyDir: {} } } } }",
    "repoServer.existingVolumes.gpgKeyring",
  ],
])("values of Argo CD that change what is verified are refused: %s", (values, place) => {
  const change = (text: string) => `${text}\nargocd: { values: ${values} }\n`;
  const [found = "", ...others] = mistakes("[keys/ci.asc]", change);
  expect(others.join("")).not.toContain("argocd");
  expect(found).toMatch(/fleet\.yaml:\d+:\d+: /);
  expect(found).toContain(
    `argocd.values.${place}: repository.signing needs Argo CD's verification`,
  );
  // Without signatures they are the operator's own.
  const unsigned = (text: string) => change(text).replace(/^ {2}signing: .*\n/m, "");
  expect(mistakes("[keys/ci.asc]", unsigned)).toEqual([]);
});

test("other values of Argo CD stay the operator's own", () => {
  const values = "{ configs: { cm: { gpg: x } }, server: { env: [{ name: A, value: B }] } }";
  expect(mistakes("[keys/ci.asc]", (text) => `${text}\nargocd: { values: ${values} }\n`)).toEqual(
    [],
  );
});
