/**
 * The state repository: everything that runs on the hub and on the devices, as plain YAML, one file
 * for each thing that a reviewer would review. Adding a device touches its own file and the list of
 * the gateway's peers, nothing else.
 */
import type { Chart } from "cdk8s";
import { diallersOf, gatewayOf, gatewaysOf } from "../fleet/rules/gateways.ts";
import type { Fleet, PublicKeys } from "../fleet/model/fleet.ts";
import { sortedTree } from "../fleet/model/tree.ts";
import type { Tree } from "../fleet/model/tree.ts";
import { clusterKindsOf, ownObjects, pinOf } from "./addons/addon.ts";
import type { Addon } from "./addons/addon.ts";
import { enabledAddons } from "./addons/index.ts";
import { AddonApplication } from "./addons/kubeprod.ts";
import { ArgoCd, argoCdValues } from "./argocd/argocd.ts";
import { Address } from "./secrets/address.ts";
import { Courier } from "./secrets/courier.ts";
import { hasSecrets } from "./secrets/secrets.ts";
import { secretsNamespace } from "./programs/courier/settings.ts";
import { HubGateway } from "./gateway/gateway.ts";
import { GatewayNamespace } from "./gateway/namespace.ts";
import { Peers } from "./gateway/peers.ts";
import { HubIdentity, HubIdentityApplication } from "./argocd/identity.ts";
import { edgeOf } from "./workloads/rendered.ts";
import { kindsOf } from "./kubernetes/kinds.ts";
import type { Kind } from "./kubernetes/kinds.ts";
import { manifests } from "./kubernetes/manifests.ts";
import type { Manifest } from "./kubernetes/manifests.ts";
import { confinedSites, fleetProjectProps, Projects } from "./argocd/projects.ts";
import { siteLabels, SiteProject } from "./argocd/projects.ts";
import { Reconnect } from "./gateway/reconnect/reconnect.ts";
import { Registration } from "./argocd/registration.ts";
import { renderingFolderOf } from "./workloads/renderings.ts";
import { Rollout } from "./argocd/rollout.ts";
import { Root } from "./argocd/root.ts";
import { telemetryKeepers } from "./telemetry/telemetry.ts";
import { upgradesOf } from "./upgrades/upgrades.ts";
import { formatYaml, formatYamlDocuments } from "./kubernetes/yaml.ts";
import { statePath } from "../fleet/model/state-layout.ts";

/**
 * @param fleet whose workloads all have a chart, manifests, or a construct in `workloads/`
 * @param publicKeys of the same fleet
 * @param imageDigests what each device's image holds, as a fingerprint by the device's name
 */
export function synthesizeState(
  fleet: Fleet,
  publicKeys: PublicKeys,
  imageDigests: ReadonlyMap<string, string> = new Map(),
): Tree {
  const { rootCertificate } = publicKeys;
  const edge = edgeOf(fleet);
  const upgrades = upgradesOf(fleet);
  return sortedTree([
    ...hubFiles(fleet, publicKeys, edge.kinds, upgrades.kinds),
    ...confinedSites(fleet).map((site) =>
      file(statePath({ kind: "siteProject", site: site.name }), (chart) => {
        new SiteProject(chart, "project", { ...fleetProjectProps(fleet, edge.kinds), site });
      }),
    ),
    ...fleet.devices.map((device) =>
      file(statePath({ kind: "registration", device: device.name }), (chart) => {
        const proxyUrl =
          device.connectivity === "gateway" ? gatewayOf(fleet, device).proxyUrl : null;
        const imageDigest = imageDigests.get(device.name);
        new Registration(chart, "registration", {
          device,
          rootCertificate,
          proxyUrl,
          imageDigest,
          siteLabels: siteLabels(fleet, device.site),
        });
        if (hasSecrets(fleet)) new Address(chart, "address", { device, proxyUrl });
      }),
    ),
    ...fleet.workloads.map((workload) =>
      file(statePath({ kind: "rollouts", workload: workload.name }), (chart) => {
        for (const rendering of edge.renderings.filter((each) => each.workload === workload)) {
          const id = renderingFolderOf(rendering);
          new Rollout(chart, id, { repository: fleet.repository, rendering });
        }
      }),
    ),
    ...edge.files,
    ...upgrades.files,
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
  workloadKinds: readonly Kind[],
  upgradeKinds: readonly Kind[],
): readonly File[] {
  const { repository } = fleet;
  const deviceKinds = kindsOf([], [...workloadKinds, ...upgradeKinds]);
  const chart = fleet.pins.charts["argo-cd"];
  const addons = enabledAddons(fleet);
  return [
    file(statePath({ kind: "root" }), (scope) => new Root(scope, "root", { repository })),
    file(statePath({ kind: "argoCd", part: "application" }), (scope) => {
      new ArgoCd(scope, "argocd", { repository, chart });
    }),
    [statePath({ kind: "argoCdValues" }), formatYaml(argoCdValues({ fleet, deviceKinds }))],
    file(statePath({ kind: "argoCd", part: "identity" }), (scope) => {
      new HubIdentityApplication(scope, "identity", { repository });
    }),
    file(statePath({ kind: "identity" }), (scope) => new HubIdentity(scope, "identity")),
    file(statePath({ kind: "argoCd", part: "reconnect" }), (scope) => {
      const gateways = gatewaysOf(fleet);
      new Reconnect(scope, "reconnect", { gateways, image: fleet.pins.images.node });
    }),
    file(statePath({ kind: "argoCd", part: "projects" }), (scope) => {
      new Projects(scope, "projects", {
        ...fleetProjectProps(fleet, workloadKinds),
        chartRepositories: [
          chart.repository,
          ...addons.map((addon) => pinOf(addon, fleet).repository),
        ],
        collects: telemetryKeepers(fleet)?.logs === true,
        addonNamespaces: [
          ...new Set(addons.map(({ namespace }) => namespace.name)),
          ...(hasSecrets(fleet) ? [secretsNamespace] : []),
        ],
        addonClusterKinds: addons.flatMap((addon) => clusterKindsOf(addon, fleet)),
        upgradeKinds,
      });
    }),
    ...courierFiles(fleet, publicKeys),
    ...addons.flatMap((addon) => addonFiles(fleet, addon)),
    ...gatewayFiles(fleet, publicKeys),
  ];
}

function addonFiles(fleet: Fleet, addon: Addon): readonly File[] {
  const { name } = addon;
  return [
    file(
      statePath({ kind: "addon", addon: name }),
      (scope) => new AddonApplication(scope, name, { fleet, addon }),
    ),
    ...ownObjects(addon, fleet).map(
      (manifest) =>
        [
          statePath({ kind: "addonObject", addon: name, object: fileName(manifest) }),
          formatYaml(manifest),
        ] as const,
    ),
  ];
}

/** Where no workload has secrets, nothing. */
function courierFiles(fleet: Fleet, { rootCertificate }: PublicKeys): readonly File[] {
  if (!hasSecrets(fleet)) return [];
  return [
    file(statePath({ kind: "courier" }), (scope) => {
      new Courier(scope, "courier", { fleet, rootCertificate });
    }),
  ];
}

function gatewayFiles(fleet: Fleet, publicKeys: PublicKeys): readonly File[] {
  return [
    file(
      statePath({ kind: "gatewayNamespace" }),
      (scope) => new GatewayNamespace(scope, "gateway"),
    ),
    ...gatewaysOf(fleet).flatMap((gateway) => [
      file(statePath({ kind: "gateway", gateway: gateway.name }), (scope) => {
        new HubGateway(scope, "gateway", { gateway, fleet });
      }),
      file(statePath({ kind: "peers", gateway: gateway.name }), (scope) => {
        const devices = diallersOf(fleet, gateway);
        const collects = telemetryKeepers(fleet) !== null;
        new Peers(scope, "peers", { gateway, devices, publicKeys: publicKeys.devices, collects });
      }),
    ]),
  ];
}

/** `deployment-point-of-sale.yaml`. */
function fileName(manifest: Manifest): string {
  return `${manifest.kind.toLowerCase()}-${manifest.metadata.name}.yaml`;
}
