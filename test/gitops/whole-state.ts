/**
 * A fleet with everything on, and what it publishes: for the proofs that look at every object.
 *
 * The workloads are those of the registry, those of plain YAML in its folder, and one of a chart.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { loadAll } from "js-yaml";
import { commonChartKinds, parseKind } from "../../fleet/model/kinds.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { needsHubStatement } from "../../fleet/rules/hub-statement.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { workloadNames } from "../../gitops/workloads/index.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../sample.ts";
import type { PublicKeys } from "../../fleet/model/secrets.ts";
import type { Workload } from "../../fleet/model/workload.ts";

const registry = join(import.meta.dirname, "../../gitops/workloads");

const versions = new Map(sampleFleet.rings.map((ring) => [ring, "1.29.1"]));

/** A site where workloads too wait for the window, with values of its own. */
const depot = "depot";

function declared(name: string): Workload {
  const known = sampleFleet.workloads.find((workload) => workload.name === name);
  const secrets = [{ name: "bank", from: "bank", keys: ["pin"] }];
  return { ...(known ?? { name, selector: {}, versions }), secrets };
}

const ofManifests: readonly Workload[] = readdirSync(registry, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    name,
    selector: {},
    versions,
    manifests: readdirSync(join(registry, name))
      .filter((file) => file.endsWith(".yaml"))
      .toSorted()
      .map((file) => ({ file, text: readFileSync(join(registry, name, file), "utf8") })),
    values: { title: "Prices", currency: "US dollars" },
    sites: new Map([[depot, { title: "Prices in the depot" }]]),
  }));

const ofChart: Workload = {
  name: "cache",
  selector: {},
  versions,
  chart: {
    repository: "https://charts.harbor.example",
    name: "valkey",
    kinds: commonChartKinds.flatMap(parseKind),
  },
};

export const wholeFleet: Fleet = {
  ...sampleFleet,
  platform: samplePlatform,
  k3s: { versions: new Map(sampleFleet.rings.map((ring) => [ring, sampleFleet.pins.k3s.version])) },
  devices: sampleFleet.devices.map((device) => {
    if (device.connectivity === "gateway") return device;
    const { site } = device;
    return {
      ...device,
      site: { ...site, name: depot, maintenance: { ...site.maintenance, workloads: "window" } },
    };
  }),
  workloads: [...workloadNames.map(declared), ...ofManifests, ofChart].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  ),
};

/** Keys of no meaning for every device of a fleet. */
export function publicKeysOf(fleet: Fleet): PublicKeys {
  const [[, key] = ["", ""]] = samplePublicKeys.devices;
  return {
    ...samplePublicKeys,
    devices: new Map(fleet.devices.map(({ name }) => [name, key])),
    hubStatement: needsHubStatement(fleet) ? "c2lnbmF0dXJl" : null,
  };
}

export interface StateObject {
  /** The path of its file in the state repository. */
  readonly path: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec?: unknown;
}

/** Values of charts are not objects. */
export function isManifest(path: string): boolean {
  return basename(path) !== "values.yaml";
}

export function stateObjects(tree: Tree): readonly StateObject[] {
  return [...tree]
    .filter(([path]) => isManifest(path))
    .flatMap(([path, text]) =>
      (loadAll(text) as Omit<StateObject, "path">[]).map((object) => ({ ...object, path })),
    );
}

/** `edge/point-of-sale/canary/service-point-of-sale.yaml: Service point-of-sale/point-of-sale`. */
export function title({ path, kind, metadata: { name, namespace } }: StateObject): string {
  return `${path}: ${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Kinds whose definitions no package registry has: they are proven by nothing here. */
export const unprovenKinds: ReadonlyMap<string, string> = new Map([
  ["k8s.nginx.org/v1/Policy", "the module proxy serves no release of F5 NGINX' controller"],
  ["upgrade.cattle.io/v1/Plan", "the module proxy serves no release of system-upgrade-controller"],
]);

export function isUnproven({ apiVersion, kind }: StateObject): boolean {
  return unprovenKinds.has(`${apiVersion}/${kind}`);
}
