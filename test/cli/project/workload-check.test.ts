/** What `flotilla validate` says about workloads: notes of what is not checked, and in bounded time. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

/** A first fleet with a workload of manifests. */
async function fleetWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  mkdirSync(join(folder, "board"));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, "board", name), text);
  edit(folder, "fleet.yaml", (text) =>
    text.concat(
      '  board: { selector: {}, versions: { canary: "1", stable: "1" }, manifests: board }\n',
    ),
  );
  return folder;
}

function edit(folder: string, name: string, change: (text: string) => string): void {
  const file = join(folder, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

const isFine = { code: 0, out: expect.stringContaining("is fine: 3 devices, 3 workloads") };

test("an unknown custom resource passes with a note at its line", { timeout: 30_000 }, async () => {
  const folder = await fleetWith({
    "a.yaml":
      "# A camera.\napiVersion: example.com/v1\nkind: Camera\nmetadata: { name: door }\nspec: { any: 1 }\n",
  });
  const run = await flotilla(folder, ["validate"]);
  expect(run).toMatchObject(isFine);
  expect(run.err).toMatch(
    /^board\/a\.yaml:3:7: kind: note: example\.com\/v1 Camera is not a kind of Kubernetes, and is not checked\.\n/,
  );
  // With its definition beside it there is nothing to say.
  writeFileSync(
    join(folder, "board", "b.yaml"),
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: cameras.example.com }\n" +
      "spec: { group: example.com, scope: Namespaced, names: { kind: Camera, plural: cameras }, versions: [{ name: v1, served: true, storage: true }] }\n",
  );
  expect((await flotilla(folder, ["validate"])).err).not.toContain("note:");
});

test("objects are checked for the Kubernetes that the lock pins", { timeout: 60_000 }, async () => {
  const folder = await fleetWith({
    "a.yaml":
      "apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: board }\nspec:\n  hostnameOverride: b\n" +
      "  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }\n  containers:\n" +
      "    - { name: a, image: a:1, securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } } }\n",
  });
  await flotilla(folder, ["keygen"]);
  await flotilla(folder, ["synth", "--only", "infra"]);
  expect(await flotilla(folder, ["validate"])).toMatchObject(isFine);
  for (const release of ["1.34.4+k3s1", "1.33.4+k3s1"]) {
    edit(folder, "fleet.lock.yaml", (text) => text.replaceAll(/1\.3\d\.4\+k3s1/g, release));
    const run = await flotilla(folder, ["validate"]);
    expect(run.err).not.toContain("note:");
    expect(run.err.includes("spec.hostnameOverride: Kubernetes 1.33: unknown field"), run.err).toBe(
      release.startsWith("1.33"),
    );
    expect(run.code).toBe(release.startsWith("1.33") ? 1 : 0);
  }
});

test("devices of another Kubernetes than the schemas are a note", { timeout: 60_000 }, async () => {
  const folder = await fleetWith({
    "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n",
  });
  await flotilla(folder, ["keygen"]);
  await flotilla(folder, ["synth", "--only", "infra"]);
  expect((await flotilla(folder, ["validate"])).err).not.toContain("note:");
  edit(folder, "fleet.lock.yaml", (text) => text.replaceAll("1.36.4+k3s1", "1.32.4+k3s1"));
  const run = await flotilla(folder, ["validate"]);
  expect(run).toMatchObject(isFine);
  expect(run.err).toMatch(
    /^fleet\.lock\.yaml:\d+:\d+: pins\.k3s\.version: note: devices run Kubernetes 1\.32 here, and workloads are checked against the schemas of 1\.33: /,
  );
  // A ring with a release of its own says it at its line.
  const digest = "ab".repeat(32);
  const upgrade = `{ binary: { x86_64: ${digest}, aarch64: ${digest} } }`;
  edit(folder, "fleet.lock.yaml", (text) =>
    text
      .replaceAll("1.32.4+k3s1", "1.36.4+k3s1")
      .replace(/^( +)version: v1\.36\.4\+k3s1\n/m, `$&$1upgrades: { v1.37.0+k3s1: ${upgrade} }\n`),
  );
  edit(folder, "fleet.yaml", (text) =>
    text.concat("k3s: { versions: { canary: v1.37.0+k3s1, stable: v1.36.4+k3s1 } }\n"),
  );
  const rings = await flotilla(folder, ["validate"]);
  expect(rings).toMatchObject(isFine);
  expect(rings.err.match(/.*note:/g)).toEqual([
    expect.stringMatching(/^fleet\.yaml:\d+:28: k3s\.versions\.canary: note:$/),
  ]);
});

test("1,000 manifests take seconds, and one more is refused", { timeout: 120_000 }, async () => {
  const deployment = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: board
          image: registry.example.com/board:\${version}
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
`;
  const names = Array.from({ length: 1_000 }, (_, index) => `board-${index}`);
  const files = Object.fromEntries(names.map((name) => [`${name}.yaml`, deployment(name)]));
  const folder = await fleetWith(files);
  const before = process.cpuUsage();
  expect(await flotilla(folder, ["validate"])).toMatchObject(isFine);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(15);
  writeFileSync(join(folder, "board", "one-more.yaml"), deployment("one-more"));
  const refused = await flotilla(folder, ["validate"]);
  expect([refused.code, refused.err]).toEqual([
    1,
    expect.stringMatching(
      /workloads\.board\.manifests: more than 1000 files in this folder: "board"/,
    ),
  ]);
});
