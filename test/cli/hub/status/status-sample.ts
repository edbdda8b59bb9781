/** What a hub reports about a fleet, in the shapes of Argo CD 3.6.1 and prometheus_wireguard_exporter. */
import type { Fleet } from "../../../../fleet/model/fleet.ts";
import type { FakeHub } from "../fake-kubectl.ts";

/** How one device differs from one that is well. */
export interface DeviceSample {
  /** Age of its last handshake; null for never. @default 40 */
  readonly ageSeconds?: number | null;
  /** @default true */
  readonly registered?: boolean;
  /** As Argo CD's metrics say; empty for never reached. @default "1.36" */
  readonly kubernetes?: string;
  readonly connected?: boolean;
  /** By workload; null for no application. */
  readonly applications?: Readonly<Record<string, ApplicationSample | null>>;
}

export interface ApplicationSample {
  readonly sync?: string;
  readonly health?: string;
  readonly images?: readonly string[];
  readonly phase?: string;
  readonly condition?: string;
}

export const statusPaths = {
  applications:
    "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications" +
    "?labelSelector=flotilla.dev%2Fdevice%2Cflotilla.dev%2Fworkload&resourceVersion=0",
  applicationsOf: (workload: string) =>
    "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications" +
    `?labelSelector=flotilla.dev%2Fdevice%2Cflotilla.dev%2Fworkload%3D${workload}&resourceVersion=0`,
  secrets: "get secrets",
  gateway: "/api/v1/namespaces/flotilla-gateway/services/http:gateway:9586/proxy/metrics",
  controller:
    "/api/v1/namespaces/argocd/services/http:argocd-application-controller-metrics:8082" +
    "/proxy/metrics",
  shard: (shard: number) =>
    `/api/v1/namespaces/argocd/pods/http:argocd-application-controller-${shard}:8082/proxy/metrics`,
  releases:
    "/api/v1/namespaces/monitoring/services/http:monitoring-prometheus:9090/proxy/api/v1/query" +
    "?query=max%20by%20(device)%20(last_over_time(fleet_coreos_release_timestamp_seconds%5B1w%5D))",
  mark: "/api/v1/namespaces/argocd/configmaps/flotilla-fleet",
};

const imageOf: Readonly<Record<string, (version: string) => string>> = {
  "point-of-sale": (version) => `ghcr.io/stefanprodan/podinfo:${version}`,
  telemetry: (version) => `quay.io/prometheus/node-exporter:v${version}`,
};

/** @param now in seconds since 1970 */
export function playHub(
  hub: FakeHub,
  fleet: Fleet,
  now: number,
  samples: Readonly<Record<string, DeviceSample>> = {},
): void {
  const of = (name: string): DeviceSample => samples[name] ?? {};
  hub.answer(statusPaths.applications, JSON.stringify(applicationList(fleet, of)));
  hub.answer(statusPaths.secrets, secretTable(fleet, of));
  hub.answer(statusPaths.gateway, gatewayMetrics(fleet, now, of));
  hub.answer(statusPaths.controller, controllerMetrics(fleet, of));
  hub.answer(statusPaths.releases, releasesAnswer([]));
}

/** An answer of Prometheus. @param releases device and day in seconds since 1970 */
export function releasesAnswer(releases: readonly (readonly [string, number])[]): string {
  const result = releases.map(([device, seconds]) => ({
    metric: { device },
    value: [1_795_000_000.123, String(seconds)],
  }));
  return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
}

type Sampler = (name: string) => DeviceSample;

export function applicationList(fleet: Fleet, of: Sampler): object {
  const items = fleet.devices.flatMap((device) =>
    fleet.workloads.flatMap(({ name, selector, versions }) => {
      const sample = of(device.name).applications?.[name];
      const runs = Object.entries(selector).every(([key, value]) => device.labels[key] === value);
      if (!runs || sample === null) return [];
      const image = imageOf[name]?.(versions.get(device.ring) ?? "") ?? "";
      return [application(device.name, name, device.ring, { images: [image], ...sample })];
    }),
  );
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationList",
    metadata: { continue: "", resourceVersion: "48211" },
    items,
  };
}

function application(
  device: string,
  workload: string,
  ring: string,
  {
    sync = "Synced",
    health = "Healthy",
    images = [],
    phase = "Succeeded",
    condition,
  }: ApplicationSample,
): object {
  const source = {
    path: `edge/${workload}/${ring}`,
    repoURL: "https://git.harborpine.example/fleet-state.git",
    targetRevision: "main",
  };
  const destination = { name: device, namespace: workload };
  const revision = "4f9d2c1b7a0e5d8c3b6a9f1e2d4c7b8a5f0e3d6c";
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: {
      creationTimestamp: "2026-11-02T08:14:09Z",
      generation: 212,
      labels: {
        "flotilla.dev/device": device,
        "flotilla.dev/ring": ring,
        "flotilla.dev/workload": workload,
      },
      name: `${device}-${workload}`,
      namespace: "argocd",
    },
    spec: { destination, project: "fleet", source },
    status: {
      ...(condition && {
        conditions: [
          { lastTransitionTime: "2026-11-22T09:00:00Z", message: "no such host", type: condition },
        ],
      }),
      controllerNamespace: "argocd",
      health: { lastTransitionTime: "2026-11-02T08:14:21Z", status: health },
      history: [{ deployedAt: "2026-11-02T08:14:12Z", id: 0, revision, source }],
      operationState: {
        operation: { sync: { revision } },
        finishedAt: "2026-11-02T08:14:12Z",
        phase,
        startedAt: "2026-11-02T08:14:10Z",
      },
      reconciledAt: "2026-11-22T09:31:40Z",
      resources: [
        { kind: "Namespace", name: workload, status: "Synced", version: "v1" },
        { group: "apps", kind: "Deployment", name: workload, namespace: workload, status: sync },
      ],
      sourceType: "Directory",
      summary: { images },
      sync: { comparedTo: { destination, source }, revision, status: sync },
    },
  };
}

function secretTable(fleet: Fleet, of: Sampler): string {
  return fleet.devices
    .filter(({ name }) => of(name).registered !== false)
    .map(({ name }) => `${name.padEnd(14)}   Opaque   3      20d\n`)
    .join("");
}

export function gatewayMetrics(
  fleet: Pick<Fleet, "devices">,
  now: number,
  of: Sampler = () => ({}),
): string {
  const peers = fleet.devices
    .filter(({ connectivity }) => connectivity === "gateway")
    .map(({ name, address }) => {
      const { ageSeconds = 40 } = of(name);
      const labels = `interface="wg0",public_key="${"A".repeat(43)}=",allowed_ips="${address}/32"`;
      const seconds = ageSeconds === null ? 0 : now - ageSeconds;
      return { labels, seconds };
    });
  return `# HELP wireguard_sent_bytes_total Bytes sent to the peer
# TYPE wireguard_sent_bytes_total counter
${peers.map(({ labels }) => `wireguard_sent_bytes_total{${labels}} 104512\n`).join("")}
# HELP wireguard_latest_handshake_seconds UNIX timestamp seconds of the last handshake
# TYPE wireguard_latest_handshake_seconds gauge
${peers.map(({ labels, seconds }) => `wireguard_latest_handshake_seconds{${labels}} ${seconds}\n`).join("")}`;
}

export function controllerMetrics(fleet: Pick<Fleet, "devices">, of: Sampler = () => ({})): string {
  const clusters = fleet.devices
    .filter(({ name }) => of(name).registered !== false)
    .map(({ name, address }) => {
      const { kubernetes = "1.36", connected = kubernetes !== "" } = of(name);
      const server = `https://${address}:6443`;
      return (
        `argocd_cluster_connection_status{k8s_version="${kubernetes}",server="${server}"} ` +
        `${connected ? 1 : 0}\n` +
        `argocd_cluster_info{k8s_version="${kubernetes}",name="${name}",server="${server}"} 1\n`
      );
    });
  return `# HELP argocd_cluster_info Information about cluster.
# TYPE argocd_cluster_info gauge
argocd_cluster_info{k8s_version="1.34",name="in-cluster",server="https://kubernetes.default.svc"} 1
${clusters.join("")}`;
}
