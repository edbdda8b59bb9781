/** Reads from the hub what it knows about its devices. Every source is one request and may fail. */
import { z } from "zod";
import { gatewaysOf } from "../../../fleet/rules/gateways.ts";
import { fleetHubSize } from "../../../fleet/rules/hub-size.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import {
  argoController,
  argoControllerPod,
  argoNamespace,
  deviceLabel,
  gatewayMetricsPort,
  gatewayNamespace,
  gatewaySecret,
  metricNames,
  secretTypeLabel,
  workloadLabel,
} from "../../../fleet/model/contract.ts";
import { telemetryStores } from "../../../gitops/features.ts";
import { monitoringNamespace, prometheusService } from "../../../gitops/addons/names.ts";
import { parseAnswer } from "../kubectl/answer.ts";
import type { Hub } from "../kubectl/kubectl.ts";
import { isFatal, KubectlError } from "../kubectl/kubectl-errors.ts";
import { readOwner, type ClusterIdentity } from "../bootstrap/hub-owner.ts";
import { samplesOf } from "./metrics.ts";

/** A value, or the reason why it could not be read. */
export type Reading<Value> =
  { readonly value: Value } | { readonly value?: undefined; readonly problem: string };

/** The state of an Application of Argo CD. */
export interface ApplicationState {
  readonly device: string;
  readonly workload: string;
  /** `Synced`, `OutOfSync`, `Unknown`. */
  readonly sync: string;
  /** `Healthy`, `Progressing`, `Degraded`, `Missing`, `Suspended`, `Unknown`. */
  readonly health: string;
  /** Whether the last attempt to sync failed, or the last comparison did. */
  readonly failed: boolean;
  /** The running container images, `ghcr.io/x/y:1.2.3`. */
  readonly images: readonly string[];
  /** What each source pointed to at the last comparison; for a chart its version. @default one source, Git */
  readonly targets?: readonly string[];
}

/** A device's cluster as Argo CD's controller sees it. */
export interface ClusterState {
  /** The version of its API server; undefined if it was never reached. */
  readonly version: string | undefined;
  /** Undefined if the controller does not tell. */
  readonly connected: boolean | undefined;
}

export interface Sources {
  readonly identity: Reading<Pick<ClusterIdentity, "owner">>;
  readonly applications: Reading<readonly ApplicationState[]>;
  /** Names of the devices with a cluster Secret. */
  readonly registrations: Reading<ReadonlySet<string>>;
  /** By shard of Argo CD's controller: the devices that it compares. */
  readonly clusters: readonly Reading<ReadonlyMap<string, ClusterState>>[];
  /** By gateway: the last handshake of each address, in seconds since 1970; 0 if there was none. */
  readonly handshakes: ReadonlyMap<string, Reading<ReadonlyMap<string, number>>>;
  /** By device: the day of its Fedora CoreOS in seconds since 1970; empty where the hub has no metrics. */
  readonly releases: Reading<ReadonlyMap<string, number>>;
  /** By gateway: the generation of its keys; empty before the hub's second generation. */
  readonly gatewayGenerations: ReadonlyMap<string, Reading<number>>;
}

/** @throws KubectlError if no request to the hub can succeed */
export async function readSources(fleet: Fleet, hub: Hub): Promise<Sources> {
  const { kubectl } = hub;
  const raw = (path: string) => kubectl(["get", "--raw", path]);
  const identity = reading("whose hub this is", () => readOwner(kubectl));
  const applications = reading("applications", () => readApplications(fleet, raw));
  const registrations = reading("registrations", async () =>
    parseRegistrations(await kubectl(registrationArguments)),
  );
  const clusters = shardsOf(fleet).map(({ what, path }) =>
    reading(what, async () => parseClusters(await raw(path))),
  );
  const handshakes = gatewaysOf(fleet).map(async ({ name }) => {
    const path = metricsPath(gatewayNamespace, `http:${name}:${gatewayMetricsPort}`);
    const read = reading(`handshakes of ${name}`, async () => parseHandshakes(await raw(path)));
    return [name, await read] as const;
  });
  const releases =
    telemetryStores(fleet)?.metrics === true
      ? reading("releases of Fedora CoreOS", async () => parseReleases(await raw(releasesPath)))
      : Promise.resolve({ value: new Map<string, number>() });
  const { generation } = fleet.hub;
  const generations = (generation > 1 ? gatewaysOf(fleet) : []).map(async ({ name }) => {
    const path = `/apis/apps/v1/namespaces/${gatewayNamespace}/deployments/${name}`;
    const read = reading(`the keys of ${name}`, async () =>
      parseGatewayGeneration(await raw(path), generation),
    );
    return [name, await read] as const;
  });
  const ofHub = [identity, applications, registrations, releases];
  const all = [...ofHub, ...clusters, ...handshakes, ...generations];
  // Waits for all, so that none runs on after a failure of another.
  await Promise.allSettled<unknown>(all);
  return {
    identity: await identity,
    applications: await applications,
    registrations: await registrations,
    clusters: await Promise.all(clusters),
    releases: await releases,
    handshakes: new Map(await Promise.all(handshakes)),
    gatewayGenerations: new Map(await Promise.all(generations)),
  };
}

/** What could not be read and why, one line for each. */
export function problemsOf(sources: Sources): readonly string[] {
  const { identity, applications, registrations, clusters, releases, handshakes } = sources;
  const gateways = [...handshakes.values(), ...sources.gatewayGenerations.values()];
  const all = [identity, applications, registrations, ...clusters, releases, ...gateways];
  return all.flatMap((each) => (each.value === undefined ? [each.problem] : []));
}

async function reading<Value>(what: string, read: () => Promise<Value>): Promise<Reading<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!(error instanceof KubectlError) || isFatal(error)) throw error;
    return { problem: `${what}: ${error.message}` };
  }
}

/** An Application has up to 10 KiB, and an answer of more than 256 MiB or 10,000,000 values is refused. */
const applicationsAtOnceMax = 5_000;

/** A large fleet's, one workload after the other: that takes less memory too. */
async function readApplications(
  { devices, workloads }: Pick<Fleet, "devices" | "workloads">,
  raw: (path: string) => Promise<string>,
): Promise<readonly ApplicationState[]> {
  const isLarge = devices.length * workloads.length > applicationsAtOnceMax;
  const selected = isLarge
    ? workloads.map(({ name }) => `${workloadLabel}=${name}`)
    : [workloadLabel];
  const all: (readonly ApplicationState[])[] = [];
  for (const workload of selected) {
    all.push(parseApplications(await raw(applicationsPath(`${deviceLabel},${workload}`))));
  }
  return all.flat();
}

/** Read from the API server's cache, which is as fresh as a watch. */
function applicationsPath(selector: string): string {
  const applications = `/apis/argoproj.io/v1alpha1/namespaces/${argoNamespace}/applications`;
  return `${applications}?labelSelector=${encodeURIComponent(selector)}&resourceVersion=0`;
}

/** As a table, so that the API server sends names and labels, but no data of the Secrets. */
export const registrationArguments: readonly string[] = [
  "get",
  "secrets",
  `--namespace=${argoNamespace}`,
  `--selector=${secretTypeLabel}=cluster,${deviceLabel}`,
  "--no-headers",
];

/**
 * Where each shard reports the devices that it reaches. A Service of several pods would answer with any one of
 * them.
 */
function shardsOf(fleet: Fleet): readonly { readonly what: string; readonly path: string }[] {
  const { shards } = fleetHubSize(fleet);
  if (shards === 1) {
    const service = `http:${argoController}-metrics:${controllerMetricsPort}`;
    return [{ what: "the state of the clusters", path: metricsPath(argoNamespace, service) }];
  }
  return Array.from({ length: shards }, (_, shard) => {
    const pod = `http:${argoControllerPod(shard)}:${controllerMetricsPort}`;
    return {
      what: `shard ${shard} of Argo CD's controller, which compares some of the devices`,
      path: metricsPath(argoNamespace, pod, "pods"),
    };
  });
}

const controllerMetricsPort = 8082;

function metricsPath(namespace: string, target: string, kind = "services"): string {
  return `/api/v1/namespaces/${namespace}/${kind}/${target}/proxy/metrics`;
}

/** A device that is away keeps its last value for a week. */
const releasesPath =
  `/api/v1/namespaces/${monitoringNamespace}/services/http:${prometheusService}/proxy/api/v1/query` +
  `?query=${encodeURIComponent(`max by (device) (last_over_time(${metricNames.coreosRelease}[1w]))`)}`;

/** Prometheus' HTTP API: an instant vector. */
const instantVector = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("vector"),
    result: z.array(
      z.object({
        metric: z.object({ device: z.string().optional() }),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

/**
 * @param answer of Prometheus, as JSON
 * @throws KubectlError if it is something else
 */
export function parseReleases(answer: string): ReadonlyMap<string, number> {
  return new Map(
    parseAnswer(instantVector, answer).data.result.flatMap(
      ({ metric: { device }, value: [, seconds] }): [string, number][] =>
        device === undefined || !/^\d{1,12}$/.test(seconds) ? [] : [[device, Number(seconds)]],
    ),
  );
}

/** Argo CD: pkg/apis/application/v1alpha1/types.go, ApplicationStatus. */
const word = z.string().nullish();
const applicationList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()).nullish() }),
      status: z
        .object({
          sync: z
            .object({
              status: word,
              comparedTo: z
                .object({ sources: z.array(z.object({ targetRevision: word })).nullish() })
                .nullish(),
            })
            .nullish(),
          health: z.object({ status: word }).nullish(),
          operationState: z.object({ phase: word }).nullish(),
          conditions: z.array(z.object({ type: z.string() })).nullish(),
          summary: z.object({ images: z.array(z.string()).nullish() }).nullish(),
        })
        .nullish(),
    }),
  ),
});

/**
 * @param answer a list of Applications as JSON
 * @throws KubectlError if it is something else
 */
export function parseApplications(answer: string): readonly ApplicationState[] {
  return parseAnswer(applicationList, answer).items.map(({ metadata, status }) => ({
    device: metadata.labels?.[deviceLabel] ?? "",
    workload: metadata.labels?.[workloadLabel] ?? "",
    sync: status?.sync?.status ?? "Unknown",
    health: status?.health?.status ?? "Unknown",
    failed:
      ["Failed", "Error"].includes(status?.operationState?.phase ?? "") ||
      (status?.conditions ?? []).some(({ type }) => type.endsWith("Error")),
    images: status?.summary?.images ?? [],
    ...(status?.sync?.comparedTo?.sources && {
      targets: status.sync.comparedTo.sources.map(({ targetRevision }) => targetRevision ?? ""),
    }),
  }));
}

/** @param text the table that kubectl prints, without its head */
function parseRegistrations(text: string): ReadonlySet<string> {
  const names = text.split("\n").map((line) => line.trim().split(/\s+/)[0] ?? "");
  return new Set(names.filter((name) => name !== "" && name !== "No"));
}

/**
 * @param text metrics of Argo CD's application controller (controller/metrics/clustercollector.go)
 */
function parseClusters(text: string): ReadonlyMap<string, ClusterState> {
  const connected = new Map(
    samplesOf(text, metricNames.clusterConnected).map(({ labels, value }) => [
      labels["server"] ?? "",
      value === 1,
    ]),
  );
  return new Map(
    samplesOf(text, metricNames.clusterInfo).map(({ labels }) => [
      labels["name"] ?? "",
      {
        version: labels["k8s_version"] || undefined,
        connected: connected.get(labels["server"] ?? ""),
      },
    ]),
  );
}

/** @param text metrics as of prometheus_wireguard_exporter */
export function parseHandshakes(text: string): ReadonlyMap<string, number> {
  return new Map(
    samplesOf(text, metricNames.handshake).flatMap(({ labels, value }) =>
      (labels["allowed_ips"] ?? "")
        .split(",")
        .map((address) => [address.trim().replace(/\/32$/, ""), value] as const),
    ),
  );
}

/** Kubernetes' Deployment, as far as needed. */
const secretVolume = z.object({ secret: z.object({ secretName: word }).nullish() });
const deployment = z.object({
  spec: z
    .object({
      template: z
        .object({ spec: z.object({ volumes: z.array(secretVolume).nullish() }).nullish() })
        .nullish(),
    })
    .nullish(),
  metadata: z.object({ generation: z.number().nullish() }).nullish(),
  status: z
    .object({ observedGeneration: z.number().nullish(), updatedReplicas: z.number().nullish() })
    .nullish(),
});

/**
 * The generation of the keys that a gateway runs with; 0 as long as its pod is replaced.
 *
 * @param text the gateway's Deployment as JSON
 * @param generationMax as declared
 */
function parseGatewayGeneration(text: string, generationMax: number): number {
  const { spec, metadata, status } = parseAnswer(deployment, text);
  const isDone =
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    (status?.updatedReplicas ?? 0) > 0;
  if (!isDone) return 0;
  const names = new Set(spec?.template?.spec?.volumes?.map(({ secret }) => secret?.secretName));
  const generations = Array.from({ length: generationMax }, (_, index) => index + 1);
  return generations.find((generation) => names.has(gatewaySecret(generation))) ?? 0;
}
