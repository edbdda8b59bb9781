/** A gateway's chart alone: no fleet file. */
import { describe, expect, test } from "vitest";
import type { CollectorTargets } from "../../../gitops/gateway/collector.ts";
import { GatewayChart, type GatewayChartProps } from "../../../gitops/gateway/gateway.ts";
import { hubCloud } from "../../../gitops/clouds/index.ts";
import { objectsOfChart, podOf } from "../objects.ts";

const cloud = hubCloud("harbor", { provider: "google", project: "harbor-edge-hub" });

const props: GatewayChartProps = {
  name: "gateway-2",
  address: "100.64.8.1",
  range: "100.64.8.0/21",
  port: 51821,
  entrance: cloud.gateway,
  nodes: cloud.gatewayNodes,
  hubRanges: { nodes: "10.0.0.0/17", pods: "192.168.0.0/18", services: "192.168.64.0/18" },
  hubGeneration: 1,
  images: { tunnel: "wireguard:1", proxy: "squid:1", metrics: "exporter:1", node: "node:1" },
};

function gateway(collector?: CollectorTargets, own: Partial<GatewayChartProps> = {}) {
  return objectsOfChart((app) => new GatewayChart(app, "gateway", { ...props, collector, ...own }));
}

const objects = gateway();

test("its objects have its name and select its pod", () => {
  expect(Object.keys(objects)).toEqual([
    "ConfigMap gateway-2",
    "Deployment gateway-2",
    "Service gateway-2",
    "Service gateway-2-tunnel",
    "NetworkPolicy gateway-2",
    "PodDisruptionBudget gateway-2",
  ]);
  const labels = {
    "app.kubernetes.io/name": "gateway",
    "app.kubernetes.io/instance": "gateway-2",
  };
  const { spec } = objects["Deployment gateway-2"];
  expect(spec.template.metadata.labels).toEqual(labels);
  for (const selector of [
    spec.selector.matchLabels,
    objects["Service gateway-2"].spec.selector,
    objects["Service gateway-2-tunnel"].spec.selector,
    objects["NetworkPolicy gateway-2"].spec.podSelector.matchLabels,
    objects["PodDisruptionBudget gateway-2"].spec.selector.matchLabels,
  ]) {
    expect(selector).toEqual(labels);
  }
});

describe("its pod", () => {
  const pod = podOf(objects["Deployment gateway-2"]);
  const [tunnel, ...others] = pod.containers;

  test("has one container with a capability, and it is that of the tunnel", () => {
    expect(tunnel).toMatchObject({
      name: "tunnel",
      image: "wireguard:1",
      env: [
        { name: "TUNNEL_ADDRESS", value: "100.64.8.1" },
        { name: "TUNNEL_RANGE", value: "100.64.8.0/21" },
        { name: "TUNNEL_PORT", value: "51820" },
      ],
      securityContext: { runAsUser: 0, capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } },
    });
    expect(others.map(({ name }: { name: string }) => name)).toEqual(["proxy", "metrics"]);
    for (const { securityContext } of others) {
      expect(securityContext).toEqual({
        runAsNonRoot: true,
        runAsUser: 65_534,
        runAsGroup: 65_534,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  test("has its own private key only", () => {
    expect(pod.volumes).toContainEqual({
      name: "key",
      secret: {
        secretName: "gateway-keys",
        defaultMode: 0o400,
        items: [{ key: "gateway-2", path: "private-key" }],
      },
    });
  });

  test("runs on the gateways' nodes, one pod at a time", () => {
    expect(pod.nodeSelector).toEqual({ "flotilla.dev/gateway": "true" });
    expect(objects["Deployment gateway-2"].spec).toMatchObject({
      replicas: 1,
      strategy: { type: "Recreate" },
    });
  });
});

test("devices dial the reserved address, Argo CD and Prometheus a Service", () => {
  const service = objects["Service gateway-2"];
  expect(service.spec).toMatchObject({
    type: "ClusterIP",
    ports: [
      { name: "proxy", port: 3128, targetPort: "proxy" },
      { name: "metrics", port: 9586, targetPort: "metrics" },
    ],
  });
  const tunnel = objects["Service gateway-2-tunnel"];
  expect(tunnel.metadata.annotations).toEqual({
    "cloud.google.com/l4-rbs": "enabled",
    "networking.gke.io/load-balancer-ip-addresses": "harbor-gateway",
  });
  expect(tunnel.spec).toMatchObject({
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    ports: [{ port: 51821, targetPort: 51820, protocol: "UDP" }],
  });
});

test("it sends UDP to the internet, and nothing to the hub's own addresses", () => {
  expect(objects["NetworkPolicy gateway-2"].spec.egress).toEqual([
    {
      ports: [{ protocol: "UDP" }],
      to: [
        {
          ipBlock: {
            cidr: "0.0.0.0/0",
            except: ["10.0.0.0/17", "192.168.0.0/18", "192.168.64.0/18", "169.254.0.0/16"],
          },
        },
      ],
    },
  ]);
});

describe("with a collector", () => {
  const metrics = { url: "http://prometheus/write", namespace: "monitoring", port: 9090 };
  const logs = {
    url: "https://elasticsearch/logs",
    namespace: "logging",
    port: 9200,
    secret: "writer",
  };
  const collector = (targets: CollectorTargets) =>
    podOf(gateway(targets)["Deployment gateway-2"]).containers[3];
  const environmentOf = (targets: CollectorTargets) =>
    Object.fromEntries(
      collector(targets).env.map((each: { name: string; value: string }) => [
        each.name,
        each.value,
      ]),
    );

  test("the pod has a container for it, which knows where to send what", () => {
    expect(environmentOf({ logs, metrics })).toMatchObject({
      ADDRESS: "100.64.8.1",
      PORT: "8429",
      LOGS_URL: logs.url,
      METRICS_URL: metrics.url,
    });
    expect(environmentOf({ metrics })).not.toHaveProperty("LOGS_URL");
    expect(environmentOf({ logs })).not.toHaveProperty("METRICS_URL");
  });

  test("the Secret is mounted where there are logs, and may be missing", () => {
    const volumesOf = (targets: CollectorTargets) =>
      podOf(gateway(targets)["Deployment gateway-2"]).volumes;
    const secret = { secretName: "writer", optional: true, defaultMode: 0o444 };
    expect(volumesOf({ logs })).toContainEqual({ name: "elasticsearch", secret });
    expect(JSON.stringify(volumesOf({ metrics }))).not.toContain("elasticsearch");
  });

  test("the pod may connect to name servers and to these targets", () => {
    const { egress } = gateway({ logs, metrics })["NetworkPolicy gateway-2"].spec;
    const inNamespace = (name: string) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    });
    expect(egress.slice(1)).toEqual([
      {
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
        to: [inNamespace("kube-system"), { ipBlock: { cidr: "169.254.20.10/32" } }],
      },
      { ports: [{ protocol: "TCP", port: 9200 }], to: [inNamespace("logging")] },
      { ports: [{ protocol: "TCP", port: 9090 }], to: [inNamespace("monitoring")] },
    ]);
  });

  test("the Services do not wait for the collector", () => {
    const withCollector = gateway({ metrics });
    for (const name of ["Service gateway-2", "Service gateway-2-tunnel"]) {
      expect(withCollector[name].spec.publishNotReadyAddresses).toBe(true);
      expect(objects[name].spec).not.toHaveProperty("publishNotReadyAddresses");
    }
  });
});

test("a gateway of the hub's next generation waits for the keys of that generation", () => {
  const chart = objectsOfChart(
    (app) => new GatewayChart(app, "gateway", { ...props, hubGeneration: 2 }),
  );
  const keyOf = (of: typeof objects) =>
    podOf(of["Deployment gateway-2"]).volumes.find(({ name }: { name: string }) => name === "key");
  expect(keyOf(objects).secret.secretName).toBe("gateway-keys");
  expect(keyOf(chart).secret.secretName).toBe("gateway-keys-g2");
});

test("further ports lead to the same one in the pod", () => {
  const { spec } = gateway(undefined, { furtherPorts: [444] })[
    "Service gateway-2-tunnel"
  ] as never as {
    spec: { ports: unknown; ipFamilyPolicy?: string };
  };
  const ports = [
    { name: "tunnel", port: 51821, targetPort: 51820, protocol: "UDP" },
    { name: "tunnel-444", port: 444, targetPort: 51820, protocol: "UDP" },
  ];
  expect(spec.ports).toEqual(ports);
  expect(spec).not.toHaveProperty("ipFamilyPolicy");
});

test("of a node, they are the node's own", () => {
  const entrance = { ...cloud.gateway, type: "NodePort" as const };
  const objectsOfNode = gateway(undefined, { port: 30001, furtherPorts: [30041], entrance });
  expect(objectsOfNode["Service gateway-2-tunnel"]).toMatchObject({
    spec: { ports: [{ nodePort: 30001 }, { nodePort: 30041 }] },
  });
});

test("where devices dial IPv6, a cluster with both families gives it both addresses", () => {
  expect(gateway(undefined, { hasIpv6: true })["Service gateway-2-tunnel"]).toMatchObject({
    spec: { ipFamilyPolicy: "PreferDualStack" },
  });
});
