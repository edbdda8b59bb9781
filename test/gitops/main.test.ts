import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageDigests } from "../../edge/fleet-devices.ts";
import { publishingKey } from "../../fleet/keys/publishing-key.ts";
import { formatRootKey, parseRootKey } from "../../fleet/keys/root-key.ts";
import { publicKeys } from "../../fleet/keys/secrets.ts";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { grammar } from "../../gitops/grammar.ts";

const repository = join(import.meta.dirname, "..", "..");
const keyText = formatRootKey(new Uint8Array(32).fill(7)).trim();

const fleetText = `
fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/fleet-state.git" }
cloud: { provider: google, project: harbor-edge-hub }
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites: { boston: {} }
devices: { "store-{01..03}": { profile: mini-pc, site: boston } }
workloads: { telemetry: { versions: { canary: 1.9.1, early: 1.9.1, stable: 1.9.0 } } }
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-cdk8s-"));
  for (const name of ["gitops", "fleet", "edge", "cli", "node_modules", "package.json"]) {
    symlinkSync(join(repository, name), join(folder, name));
  }
  cpSync(join(repository, "cdk8s.yaml"), join(folder, "cdk8s.yaml"));
  writeFileSync(join(folder, "fleet.yaml"), fleetText);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, parameters: readonly string[], key: string | undefined) {
  const { FLOTILLA_KEY: _, CDK8S_OUTDIR: __, ...environment } = process.env;
  const env = { ...environment, CDK8S_CHECK_UPGRADE: "false" };
  return spawnSync(join(folder, "node_modules", ".bin", program), parameters, {
    cwd: folder,
    encoding: "utf8",
    env: key === undefined ? env : { ...env, FLOTILLA_KEY: key },
  });
}

function expected(): Record<string, string> {
  const key = parseRootKey(keyText)!;
  const { fleet } = loadFleet(join(folder, "fleet.yaml"), { ...grammar, key });
  const keys = publicKeys(fleet, key);
  const images = imageDigests(fleet, publishingKey(fleet.name, key));
  return Object.fromEntries(synthesizeState(fleet, keys, images));
}

/** Every file of dist/gitops but the list that the writer keeps of them. */
function written(): Record<string, string> {
  const output = join(folder, "dist", "gitops");
  const entries = readdirSync(output, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile() && entry.name !== ".flotilla-files")
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative(output, file), readFileSync(file, "utf8")]),
  );
}

describe("npx cdk8s synth", () => {
  test("writes what the synthesis made, and the lock", () => {
    const { status, stdout } = run("cdk8s", ["synth"], keyText);
    expect(status).toBe(0);
    expect(stdout).toContain("dist/gitops/hub/fleet/clusters/store-03.yaml");
    expect(written()).toEqual(expected());
    expect(readFileSync(join(folder, "fleet.lock.yaml"), "utf8")).toContain("store-02");
  });

  test("says what to do where both keys are missing", () => {
    const { status, stderr } = run("cdk8s", ["synth", "--output", "dist/other"], undefined);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "the publishing key is missing. Create it with the root key: flotilla keygen --publishing",
    );
  });
});

describe("gitops/main.ts", () => {
  test("leaves alone what has not changed, and removes only what was its own", () => {
    const place = (path: string): string => join(folder, "dist", "gitops", path);
    writeFileSync(place("hub/fleet/clusters/notes.txt"), "somebody else's\n");
    const before = statSync(place("hub/fleet/clusters/store-01.yaml")).mtimeMs;
    writeFileSync(join(folder, "fleet.yaml"), fleetText.replace("{01..03}", "{01..02}"));
    const { status, stderr } = run("tsx", ["gitops/main.ts"], keyText);
    const said = "Wrote fleet.lock.yaml: commit it with the fleet file\n";
    expect({ status, stderr }).toEqual({ status: 0, stderr: said });
    expect(statSync(place("hub/fleet/clusters/store-01.yaml")).mtimeMs).toBe(before);
    const { "hub/fleet/clusters/notes.txt": notes, ...files } = written();
    expect(notes).toBe("somebody else's\n");
    expect(files).toEqual(expected());
    expect(Object.keys(files)).not.toContain("hub/fleet/clusters/store-03.yaml");
  });
});
