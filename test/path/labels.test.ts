/**
 * A label of a device with a prefix, `example.com/till`, from the fleet file to everything that reads it: the
 * registration with Argo CD, the selector of a workload, and the node of the device.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import { afterAll, expect, test } from "vitest";
import { publicKeys } from "../../fleet/keys/secrets.ts";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { grammar } from "../../gitops/grammar.ts";
import { composed, inlineOf } from "../edge/devices.ts";
import { workshopKey as key } from "./workshop.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-labels-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub }
profiles:
  mini-pc:
    architecture: x86_64
    disk: /dev/sda
    labels: { example.com/till: "no", shop.example.com/floor: "0" }
    k3s: { deviceLabels: true, nodeLabels: { node.kubernetes.io/exclude-from-external-load-balancers: "" } }
sites:
  boston: { profile: mini-pc, labels: { shop.example.com/floor: "1" } }
devices:
  store-1: { site: boston, labels: { example.com/till: "yes" } }
  store-2: { site: boston, k3s: { deviceLabels: false } }
workloads:
  telemetry:
    versions: { canary: 1.9.1, early: 1.9.1, stable: 1.9.1 }
    selector: { example.com/till: "yes", shop.example.com/floor: "1" }
`;

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly generators?: readonly {
      readonly clusters: { readonly selector: { readonly matchLabels?: Record<string, string> } };
    }[];
  };
}

const file = join(folder, "fleet.yaml");
writeFileSync(file, text);
const { fleet } = loadFleet(file, { ...grammar, key });
const state = synthesizeState(fleet, publicKeys(fleet, key));
const manifests = [...state]
  .filter(([path]) => path.endsWith(".yaml"))
  .flatMap(([, content]) => loadAll(String(content)) as (Manifest | null)[])
  .filter((manifest) => manifest !== null);

const labelsOf = (name: string) => {
  const found = manifests.find(({ kind, metadata }) => kind === "Secret" && metadata.name === name);
  return found?.metadata.labels ?? {};
};

test("the registration has the labels of profile, site and device", () => {
  expect(labelsOf("store-1")).toMatchObject({
    "example.com/till": "yes",
    "shop.example.com/floor": "1",
  });
  expect(labelsOf("store-2")).toMatchObject({ "example.com/till": "no" });
});

test("the ApplicationSet selects the registrations that have them, and no other", () => {
  const selectors = manifests
    .filter(
      ({ kind, metadata }) => kind === "ApplicationSet" && metadata.name.startsWith("telemetry"),
    )
    .flatMap(({ spec }) => spec?.generators ?? [])
    .map(({ clusters }) => clusters.selector.matchLabels ?? {});
  const wanted = { "example.com/till": "yes", "shop.example.com/floor": "1" };
  expect(selectors.length).toBeGreaterThan(0);
  for (const selector of selectors) expect(selector).toMatchObject(wanted);
  const chosen = ["store-1", "store-2"].filter((name) => {
    const labels = labelsOf(name);
    return selectors.some((selector) =>
      Object.entries(selector).every(([label, value]) => labels[label] === value),
    );
  });
  expect(chosen).toEqual(["store-1"]);
});

test("the node has them with deviceLabels alone", () => {
  const nodeLabels = (name: string) => {
    const device = fleet.devices.find((each) => each.name === name);
    if (device === undefined) throw new Error(`no device ${name}`);
    const config = load(inlineOf(composed(device), "/etc/rancher/k3s/config.yaml"));
    return (config as { readonly "node-label"?: readonly string[] })["node-label"];
  };
  expect(nodeLabels("store-1")).toEqual([
    "example.com/till=yes",
    "node.kubernetes.io/exclude-from-external-load-balancers=",
    "shop.example.com/floor=1",
  ]);
  expect(nodeLabels("store-2")).toEqual([
    "node.kubernetes.io/exclude-from-external-load-balancers=",
  ]);
});
