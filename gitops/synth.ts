/**
 * The state repository: everything that runs on the hub and on the devices, as plain YAML, one file
 * for each thing that a reviewer would review. Adding a device touches its own file and the list of
 * the gateway's peers, nothing else.
 */
import type { Chart } from "cdk8s";
import { diallersOf, gatewayOf, gatewaysOf } from "../fleet/gateways.ts";
import type { Fleet, PublicKeys, Workload } from "../fleet/model.ts";
import { sortedTree } from "../fleet/tree.ts";
import type { Tree } from "../fleet/tree.ts";
import type { Addon } from "./addons/addon.ts";
import { enabledAddons } from "./addons/index.ts";
import { AddonApplication, addonPath } from "./addons/kubeprod.ts";
import { ArgoCd, argoCdValues, valuesPath } from "./argocd.ts";
import { HubGateway } from "./gateway/gateway.ts";
import { GatewayNamespace } from "./gateway/namespace.ts";
import { Peers } from "./gateway/peers.ts";
import { HubIdentity, HubIdentityApplication, identityPath } from "./identity.ts";
import { kindsOf } from "./kinds.ts";
import { manifests } from "./manifests.ts";
import type { Manifest } from "./manifests.ts";
import { Projects } from "./projects.ts";
import { Reconnect } from "./reconnect/reconnect.ts";
import { Registration } from "./registration.ts";
import { Rollout, workloadPath } from "./rollout.ts";
import { Root } from "./root.ts";
import { workloads } from "./workloads/index.ts";
import { formatYaml, formatYamlDocuments } from "./yaml.ts";

/**
 * @param fleet whose workloads all have a construct in the registry of `workloads/`
 * @param publicKeys of the same fleet
 * @param imageDigests what each device's image holds, as a fingerprint by the device's name
 */
export function synthesizeState(
  fleet: Fleet,
  publicKeys: PublicKeys,
  imageDigests: ReadonlyMap<string, string> = new Map(),
): Tree {
  const { rootCertificate } = publicKeys;
  const edge = fleet.workloads.flatMap((workload) => edgeObjects(fleet, workload));
  return sortedTree([
    ...hubFiles(fleet, publicKeys, edge),
    ...fleet.devices.map((device) =>
      file(`hub/fleet/clusters/${device.name}.yaml`, (chart) => {
        const proxyUrl =
          device.connectivity === "gateway" ? gatewayOf(fleet, device).proxyUrl : null;
        const imageDigest = imageDigests.get(device.name);
        new Registration(chart, "registration", { device, rootCertificate, proxyUrl, imageDigest });
      }),
    ),
    ...fleet.workloads.map((workload) =>
      file(`hub/fleet/workloads/${workload.name}.yaml`, (chart) => {
        for (const ring of fleet.rings) {
          new Rollout(chart, ring, { repository: fleet.repository, workload, ring });
        }
      }),
    ),
    ...edge.map(({ path, manifest }) => [path, formatYaml(manifest)] as const),
  ]);
}

type File = readonly [path: string, text: string];

/** A file that holds the objects of `build`, in their order. */
function file(path: string, build: (chart: Chart) => void): File {
  return [path, formatYamlDocuments(manifests("state", build))];
}

function hubFiles(
  fleet: Fleet,
  publicKeys: PublicKeys,
  edge: readonly EdgeObject[],
): readonly File[] {
  const { repository } = fleet;
  const chart = fleet.pins.charts["argo-cd"];
  const addons = enabledAddons(fleet);
  const deviceKinds = kindsOf(edge.map(({ manifest }) => manifest));
  return [
    file("root.yaml", (scope) => new Root(scope, "root", { repository })),
    file("hub/argocd/application.yaml", (scope) => {
      new ArgoCd(scope, "argocd", { repository, chart });
    }),
    [valuesPath, formatYaml(argoCdValues({ fleet, deviceKinds }))],
    file("hub/argocd/identity.yaml", (scope) => {
      new HubIdentityApplication(scope, "identity", { repository });
    }),
    file(`${identityPath}/identity.yaml`, (scope) => new HubIdentity(scope, "identity")),
    file("hub/argocd/reconnect.yaml", (scope) => {
      const gateways = gatewaysOf(fleet);
      new Reconnect(scope, "reconnect", { gateways, image: fleet.pins.images.node });
    }),
    file("hub/argocd/projects.yaml", (scope) => {
      new Projects(scope, "projects", {
        repository,
        chartRepositories: [
          chart.repository,
          ...addons.map((addon) => fleet.pins.charts[addon.release(fleet).chart].repository),
        ],
        addonNamespaces: [...new Set(addons.map(({ namespace }) => namespace.name))],
        addonClusterKinds: addons.flatMap(({ clusterKinds = [] }) => clusterKinds),
        workloadNamespaces: fleet.workloads.map((workload) => workload.name),
        deviceKinds,
      });
    }),
    ...addons.flatMap((addon) => addonFiles(fleet, addon)),
    ...gatewayFiles(fleet, publicKeys),
  ];
}

function addonFiles(fleet: Fleet, addon: Addon): readonly File[] {
  const { name, objects } = addon;
  const path = addonPath(name);
  return [
    file(`${path}.yaml`, (scope) => new AddonApplication(scope, name, { fleet, addon })),
    ...(objects
      ? manifests("state", (scope) => objects(scope, fleet)).map(
          (manifest) => [`${path}/${fileName(manifest)}`, formatYaml(manifest)] as const,
        )
      : []),
  ];
}

function gatewayFiles(fleet: Fleet, publicKeys: PublicKeys): readonly File[] {
  return [
    file("hub/gateway/namespace.yaml", (scope) => new GatewayNamespace(scope, "gateway")),
    ...gatewaysOf(fleet).flatMap((gateway) => [
      file(`hub/gateway/${gateway.name}.yaml`, (scope) => {
        new HubGateway(scope, "gateway", { gateway, fleet });
      }),
      file(`hub/gateway/${gateway.name}-peers.yaml`, (scope) => {
        const devices = diallersOf(fleet, gateway);
        new Peers(scope, "peers", { gateway, devices, publicKeys: publicKeys.devices });
      }),
    ]),
  ];
}

interface EdgeObject {
  readonly path: string;
  readonly manifest: Manifest;
}

/** What a workload puts on a device, for each ring. */
function edgeObjects(fleet: Fleet, workload: Workload): readonly EdgeObject[] {
  const Construct = workloads.get(workload.name);
  if (Construct === undefined) throw new Error(`no construct for the workload ${workload.name}`);
  return fleet.rings.flatMap((ring) => {
    const version = workload.versions.get(ring);
    if (version === undefined) throw new Error(`no version of ${workload.name} in ring ${ring}`);
    const objects = manifests(workload.name, (chart) => {
      new Construct(chart, "workload", { namespace: workload.name, ring, version });
    });
    const folder = workloadPath(workload.name, ring);
    return objects.map((manifest) => ({ path: `${folder}/${fileName(manifest)}`, manifest }));
  });
}

/** `deployment-point-of-sale.yaml`. */
function fileName(manifest: Manifest): string {
  return `${manifest.kind.toLowerCase()}-${manifest.metadata.name}.yaml`;
}
