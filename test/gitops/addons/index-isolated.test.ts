/** A new add-on is one file and one line: the file is made-up-addon.ts, the line is the mock. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import { expect, test, vi } from "vitest";
import { fleetJsonSchema } from "../../../fleet/grammar/fleet-schema.ts";
import { loadFleet, saveLock, type LoadedFleet } from "../../../fleet/resolve/load.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { grammar } from "../../../gitops/grammar.ts";
import type { Manifest } from "../../../gitops/kubernetes/manifests.ts";
import { samplePublicKeys } from "../../sample.ts";
import { fleetText, mistakesIn } from "./platform.ts";

vi.mock(import("../../../gitops/addons/index.ts"), async (original) => {
  const registry = await original();
  const { valkey } = await import("./made-up-addon.ts");
  return { ...registry, addons: [...registry.addons, valkey] };
});

/** A fleet with this text under `platform.addons`, and with this lock beside it. */
function loaded(text: string, change: (lock: string) => string = (lock) => lock): LoadedFleet {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-registry-"));
  try {
    const file = join(folder, "fleet.yaml");
    writeFileSync(file, fleetText(text));
    const first = loadFleet(file, grammar);
    saveLock(first);
    writeFileSync(first.files.lockFile, change(first.lockText));
    return loadFleet(file, grammar);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function stateOf({ fleet }: LoadedFleet): ReadonlyMap<string, string> {
  const devices = new Map(fleet.devices.map(({ name }) => [name, "a2V5"]));
  return synthesizeState(fleet, { ...samplePublicKeys, devices });
}

const fleet = loaded("valkey: { replicas: 3, values: { auth: { enabled: false } } }");
const state = stateOf(fleet);
const objects = loadAll(state.get("hub/platform/valkey.yaml") ?? "") as Manifest[];

test("it has a grammar: for editors, and for mistakes", () => {
  expect(fleetJsonSchema(grammar.extensions)).toContain('"description": "A cache."');
  expect(mistakesIn("valkey: { replica: 3 }")).toEqual([
    '13:15: platform.addons.valkey.replica: unknown key "replica". Did you mean replicas?',
  ]);
});

test("its pin is in the lock, sorted, and the lock decides", () => {
  expect(fleet.lockText).toMatch(
    /^ {4}oauth2-proxy:\n.*\n.*\n {4}valkey:\n {6}repository: https:\/\/charts\.valkey\.example\n {6}version: 1\.2\.3\n {2}images:/m,
  );
  const pinned = loaded("valkey: {}", (lock) => lock.replace("1.2.3", "1.0.0"));
  expect(stateOf(pinned).get("hub/platform/valkey.yaml")).toContain("targetRevision: 1.0.0");
  // A lock from before the add-on existed.
  const old = loaded("valkey: {}", (lock) => lock.replace(/^ {4}valkey:\n.*\n.*\n/m, ""));
  expect(old.fleet.pins.charts["valkey"]?.version).toBe("1.2.3");
});

test("it has a namespace, a network and an Application", () => {
  expect(objects).toMatchObject([
    {
      kind: "Namespace",
      metadata: {
        name: "cache",
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
    {
      kind: "NetworkPolicy",
      metadata: { namespace: "cache" },
      spec: { ingress: [{}, { ports: [{ protocol: "TCP", port: 9121 }] }] },
    },
    {
      kind: "Application",
      metadata: { name: "valkey", annotations: { "argocd.argoproj.io/sync-wave": "3" } },
      spec: {
        project: "hub",
        sources: [
          {
            chart: "valkey",
            repoURL: "https://charts.valkey.example",
            targetRevision: "1.2.3",
            helm: {
              releaseName: "valkey",
              valuesObject: { replicaCount: 3, auth: { enabled: false } },
            },
          },
          { path: "hub/platform/valkey" },
        ],
        destination: { namespace: "cache" },
      },
    },
  ]);
});

test("it has objects of its own, a file each", () => {
  expect([...state.keys()].filter((path) => path.startsWith("hub/platform/valkey/"))).toEqual([
    "hub/platform/valkey/configmap-settings.yaml",
    "hub/platform/valkey/priorityclass-cache.yaml",
  ]);
  expect(load(state.get("hub/platform/valkey/configmap-settings.yaml") ?? "")).toMatchObject({
    data: { domain: "edge.harbor.example" },
  });
});

test("it has the rights of its project", () => {
  const projects = loadAll(state.get("hub/argocd/projects.yaml") ?? "") as Manifest[];
  expect(projects.find(({ metadata }) => metadata.name === "hub")).toMatchObject({
    spec: {
      sourceRepos: expect.arrayContaining(["https://charts.valkey.example"]) as unknown,
      destinations: expect.arrayContaining([
        { server: "https://kubernetes.default.svc", namespace: "cache" },
      ]) as unknown,
      clusterResourceWhitelist: expect.arrayContaining([
        { group: "scheduling.k8s.io", kind: "PriorityClass" },
      ]) as unknown,
    },
  });
});

test("it is on by itself, and can be switched off", () => {
  const paths = (text: string) => [...stateOf(loaded(text)).keys()];
  expect(paths("nginx-ingress: {}")).toContain("hub/platform/valkey.yaml");
  const off = paths("valkey: { enabled: false }");
  expect(off.filter((path) => path.includes("valkey"))).toEqual([]);
  expect(off).toContain("hub/platform/nginx-ingress.yaml");
});
