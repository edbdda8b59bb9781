/** What is synthesized for telemetry: the agent on the devices, the collector on the hub. */
import { load, loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { formatAddress, knownRange } from "../../../fleet/model/addresses.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import {
  tunnelInterface,
  tunnelInterface as deviceInterface,
} from "../../../fleet/model/contract.ts";
import { formatYamlDocuments } from "../../../gitops/kubernetes/yaml.ts";
import { manifests } from "../../../gitops/kubernetes/manifests.ts";
import { knownMetrics } from "../../../gitops/monitoring/metrics.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { agentSettings, metricNames } from "../../../gitops/telemetry/agent-settings.ts";
import { LogWriter } from "../../../gitops/addons/log-writer.ts";
import { telemetryStores } from "../../../gitops/features.ts";
import { parseAddons } from "../../../gitops/addons/index.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../../sample.ts";
import { withoutPrograms } from "../golden.ts";
import type { Device } from "../../../fleet/model/device.ts";

const withPlatform = (addons: Readonly<Record<string, unknown>> = {}): Fleet => ({
  ...sampleFleet,
  platform: { ...samplePlatform, addons: parseAddons(addons) },
});
const fleet = withPlatform();
const state = synthesizeState(fleet, samplePublicKeys);

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
  readonly securityContext: Readonly<Record<string, unknown>>;
}
interface Pod {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumes: readonly {
    readonly name: string;
    readonly hostPath?: { readonly path: string };
    readonly secret?: { readonly optional?: boolean };
  }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: { readonly spec: Pod };
    readonly egress: readonly { readonly to: unknown; readonly ports: unknown }[];
    readonly ingress: readonly { readonly ports: readonly { readonly port: number }[] }[];
    readonly publishNotReadyAddresses?: boolean;
  };
}

const gatewayOf = (of: Fleet) =>
  loadAll(
    synthesizeState(of, samplePublicKeys).get("hub/gateway/gateway.yaml") ?? "",
  ) as Manifest[];
const ofKind = (all: readonly Manifest[], kind: string) =>
  all.filter((manifest) => manifest.kind === kind);
const podOf = (all: readonly Manifest[]) => ofKind(all, "Deployment")[0]!.spec.template.spec;
const collectorOf = (all: readonly Manifest[]) =>
  podOf(all).containers.find(({ name }) => name === "collector");

describe("what is synthesized", () => {
  test.each([
    "edge/telemetry/stable/configmap-telemetry-agent.yaml",
    "edge/telemetry/stable/daemonset-telemetry-agent.yaml",
    "hub/gateway/gateway.yaml",
    "hub/gateway/gateway-peers.yaml",
  ])("is %s", async (path) => {
    const file = `../../golden/telemetry/${path.split("/").at(-1)}`;
    await expect(withoutPrograms(state.get(path))).toMatchFileSnapshot(file);
  });

  test("is the right to write logs, without a secret in it", async () => {
    const all = manifests("state", (scope) => {
      new LogWriter(scope, "writer", { namespace: "flotilla-gateway" });
    });
    await expect(formatYamlDocuments(all)).toMatchFileSnapshot(
      "../../golden/telemetry/writer.yaml",
    );
    expect(all.map(({ kind }) => kind)).not.toContain("Secret");
  });

  test("is as it was where there is no platform, or nobody sends telemetry", () => {
    const plain = gatewayOf(sampleFleet);
    expect(collectorOf(plain)).toBeUndefined();
    const workloads = fleet.workloads.filter(({ name }) => name !== "telemetry");
    expect(gatewayOf({ ...fleet, workloads })).toEqual(plain);
    const off = withPlatform({ elasticsearch: { enabled: false }, prometheus: { enabled: false } });
    expect(telemetryStores(off)).toBeNull();
    expect(gatewayOf(off)).toEqual(plain);
  });

  test("changes by one more device in that device's file and in the peers'", () => {
    const [, kiosk] = fleet.devices as [Device, Device];
    const another = { ...kiosk, name: "kiosk-02", address: "100.64.0.4" };
    const devices = [...fleet.devices, another];
    const keys = new Map([...samplePublicKeys.devices, ["kiosk-02", "a2V5"]]);
    const after = synthesizeState({ ...fleet, devices }, { ...samplePublicKeys, devices: keys });
    const changed = [...after].filter(([path, text]) => state.get(path) !== text);
    expect(changed.map(([path]) => path)).toEqual([
      "hub/fleet/clusters/kiosk-02.yaml",
      "hub/gateway/gateway-peers.yaml",
    ]);
  });
});

describe("the agent", () => {
  const objects = (name: string) =>
    load(state.get(`edge/telemetry/canary/${name}-telemetry-agent.yaml`) ?? "") as Manifest;
  const pod = objects("daemonset").spec.template.spec;

  test("is root without a right, with limits, and writes in one folder of its own", () => {
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        privileged: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(Object.keys(container.resources.limits)).toEqual(["cpu", "memory"]);
      expect(Number.parseInt(container.resources.limits["memory"]!, 10)).toBeLessThanOrEqual(128);
    }
    expect(pod.securityContext).toMatchObject({ seccompProfile: { type: "RuntimeDefault" } });
    expect(pod.volumes.flatMap(({ hostPath }) => hostPath?.path ?? [])).toEqual([
      "/var/log",
      "/var/lib/flotilla-telemetry",
    ]);
    const text = state.get("edge/telemetry/canary/daemonset-telemetry-agent.yaml")!;
    expect(text).toContain(
      "- name: logs\n              mountPath: /var/log\n              readOnly",
    );
    // An image for x86_64 and aarch64 alike; node_exporter's is on the device already.
    expect(text.match(/image: .*/g)).toEqual([
      "image: docker.io/fluent/fluent-bit:5.1.1",
      "image: quay.io/prometheus/node-exporter:v1.9.1",
    ]);
  });

  test("is set by the workload's values, and divides its disk", () => {
    const workloads = fleet.workloads.map((workload) =>
      workload.name === "telemetry"
        ? { ...workload, values: { dailyMegabytes: 5, bufferMegabytes: 100 } }
        : workload,
    );
    const after = synthesizeState({ ...fleet, workloads }, samplePublicKeys);
    const text = after.get("edge/telemetry/stable/configmap-telemetry-agent.yaml");
    const daemonSet = after.get("edge/telemetry/stable/daemonset-telemetry-agent.yaml");
    expect(daemonSet).toContain('- name: LOG_BYTES_PER_DAY\n              value: "5000000"\n');
    expect(text?.match(/total_limit_size: .*/g)).toEqual([
      "total_limit_size: 75M",
      "total_limit_size: 25M",
    ]);
  });

  test("sends every metric that alerts and dashboards ask of devices", () => {
    const asked = knownMetrics.filter((name) => name.startsWith("node_"));
    // The gateway's own exporter has that one.
    const wanted = asked.filter((name) => name !== "node_textfile_mtime_seconds");
    expect(wanted.filter((name) => !metricNames.includes(name))).toEqual([]);
  });

  test("knows the tunnel by the name that the device gives it", () => {
    expect(tunnelInterface).toBe(deviceInterface);
  });

  test("sends by nothing but the tunnel", () => {
    const text = agentSettings({ dailyMegabytes: 1, bufferMegabytes: 64 });
    expect(text.match(/host: .*/g)).toEqual([
      "host: 127.0.0.1",
      'host: "@GATEWAY@"',
      'host: "@GATEWAY@"',
    ]);
    expect(text.match(/net.source_address: "@DEVICE@"/g)).toHaveLength(2);
  });
});

describe("the collector", () => {
  const gateway = gatewayOf(fleet);

  test("is in no gateway's way", () => {
    for (const service of ofKind(gateway, "Service")) {
      expect(service.spec.publishNotReadyAddresses).toBe(true);
    }
    const secret = podOf(gateway).volumes.find(({ name }) => name === "elasticsearch")?.secret;
    expect(secret?.optional).toBe(true);
    const text = JSON.stringify(collectorOf(gateway));
    expect(text).not.toMatch(/readinessProbe|startupProbe/);
    expect(collectorOf(gateway)?.securityContext).toMatchObject({
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("is reached by no pod, and reaches those who keep it and the name server", () => {
    const [{ spec }] = ofKind(gateway, "NetworkPolicy") as [Manifest];
    const [{ spec: plain }] = ofKind(gatewayOf(sampleFleet), "NetworkPolicy") as [Manifest];
    expect(spec.ingress).toEqual(plain.ingress);
    expect(JSON.stringify(spec.ingress)).not.toMatch(/8429|8430/);
    const added = JSON.stringify(spec.egress.slice(plain.egress.length));
    expect([...added.matchAll(/"port":(\d+)/g)].map(([, port]) => port)).toEqual([
      "53",
      "53",
      "9200",
      "9090",
    ]);
  });

  test.each([
    ["elasticsearch", "LOGS_URL", "METRICS_URL", "9200"],
    ["prometheus", "METRICS_URL", "LOGS_URL", "9090"],
  ])("without %s has no way to it", (addon, absent, present, port) => {
    const all = gatewayOf(withPlatform({ [addon]: { enabled: false } }));
    const names = collectorOf(all)?.env?.map(({ name }) => name);
    expect(names).not.toContain(absent);
    expect(names).toContain(present);
    expect(JSON.stringify(ofKind(all, "NetworkPolicy"))).not.toContain(port);
  });

  test("asks Prometheus by the name of its Service", () => {
    const url = collectorOf(gateway)?.env?.find(({ name }) => name === "METRICS_URL")?.value;
    expect(url).toBe("http://monitoring-prometheus.monitoring.svc:9090/api/v1/write");
    const hub = [...state].filter(([path]) => path.startsWith("hub/platform/prometheus"));
    expect(hub.map(([, text]) => text).join()).toContain("name: monitoring-prometheus\n");
    expect(hub.map(([, text]) => text).join()).toContain("enableRemoteWriteReceiver: true");
  });
});

test("the list of a whole slice fits a ConfigMap, whatever the devices are called", () => {
  const base = knownRange(fleet.tunnel.range).first;
  const [, kiosk] = fleet.devices as [Device, Device];
  const devices = Array.from({ length: 2_046 }, (_, index) => ({
    ...kiosk,
    name: `store-${String(index).padStart(57, "0")}`,
    ring: "r".repeat(63),
    site: { ...kiosk.site, name: "s".repeat(63) },
    address: formatAddress(base + index + 2),
  }));
  const nodePool = { ...sampleFleet.cloud.nodePool, machineType: null };
  const large = { ...fleet, cloud: { ...sampleFleet.cloud, nodePool }, devices };
  const keys = new Map(devices.map(({ name }) => [name, `${"c".repeat(43)}=`]));
  const tree = synthesizeState(large, { ...samplePublicKeys, devices: keys });
  const [peers] = loadAll(tree.get("hub/gateway/gateway-peers.yaml") ?? "");
  const { data } = peers as { data: object };
  // Kubernetes' limit for the data of a ConfigMap (core/v1: ConfigMap).
  expect(JSON.stringify(data).length).toBeLessThan(2 ** 20);
});
