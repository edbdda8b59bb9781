import { App } from "cdk8s";
import { expect, test } from "vitest";
import { NginxIngress, nginxIngress } from "../../../gitops/addons/nginx-ingress.ts";
import { hubCloud } from "../../../gitops/clouds/index.ts";
import { gatewayAddressName } from "../../../fleet/model/contract.ts";
import { mistakesIn, networkOf, parsed, podSecurityOf, valuesOf } from "./platform.ts";

function addon(options: Readonly<Record<string, unknown>> = {}): NginxIngress {
  const { ingress } = hubCloud("harbor", { provider: "google", project: "harbor-edge-hub" });
  return new NginxIngress(new App(), "ingress", {
    ...parsed(nginxIngress, options),
    entrance: ingress!,
  });
}

const values = (options: Readonly<Record<string, unknown>> = {}) => valuesOf(addon(options));

test("it has the reserved address, which is another than the gateway's", () => {
  expect(values()).toMatchObject({
    controller: {
      service: {
        type: "LoadBalancer",
        annotations: { "networking.gke.io/load-balancer-ip-addresses": "harbor-ingress" },
        externalTrafficPolicy: "Local",
        loadBalancerSourceRanges: [],
        customPorts: [
          { name: "http", port: 80, targetPort: 80 },
          { name: "https", port: 443, targetPort: 443 },
        ],
      },
    },
  });
  expect(gatewayAddressName("harbor")).toBe("harbor-gateway");
});

test("it may run in a restricted namespace, and listen on 80 and 443 there", () => {
  expect(podSecurityOf(addon())).toBe("restricted");
  const securityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
  };
  expect(values()).toMatchObject({
    controller: {
      podSecurityContext: {
        seccompProfile: { type: "RuntimeDefault" },
        sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
      },
      securityContext: {
        ...securityContext,
        capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
      },
      initContainerSecurityContext: { ...securityContext, capabilities: { drop: ["ALL"] } },
    },
  });
});

test("no Ingress can bring NGINX directives of its own, and nothing reports to F5", () => {
  const { controller } = values() as { controller: Record<string, unknown> };
  expect(controller["enableSnippets"]).toBeUndefined();
  expect(controller["telemetryReporting"]).toEqual({ enable: false });
  const { entries } = controller["config"] as { entries: Record<string, unknown> };
  expect(entries["server-tokens"]).toBe("false");
  expect(Object.values(entries).every((entry) => typeof entry === "string")).toBe(true);
});

test("its options reach the chart", () => {
  const options = { replicas: 1, allowedRanges: ["203.0.113.0/24"] };
  expect(values(options)).toMatchObject({
    controller: {
      replicaCount: 1,
      // One pod that may never go would hold up every upgrade of a node.
      podDisruptionBudget: { enabled: false },
      service: { loadBalancerSourceRanges: ["203.0.113.0/24"] },
    },
  });
  expect(values()).toMatchObject({
    controller: { replicaCount: 2, podDisruptionBudget: { enabled: true } },
  });
});

test("free values lie over it, and lists are replaced", () => {
  const over = { controller: { logLevel: "debug", topologySpreadConstraints: [] } };
  expect(values({ values: over })).toMatchObject({
    controller: { logLevel: "debug", topologySpreadConstraints: [], replicaCount: 2 },
  });
});

test("the world reaches its two ports, and it reaches pods of every namespace", () => {
  expect(networkOf(addon())).toEqual({
    from: [{ ports: [80, 443] }, { namespaces: ["monitoring"], ports: [9113] }],
    to: [{ ports: [443] }, { namespaces: "all", ports: [] }],
  });
});

test.each([
  [
    "nginx-ingress: { replicas: 0 }",
    "13:32: platform.addons.nginx-ingress.replicas: 0 is too small. Write at least 1.",
  ],
  [
    "nginx-ingress: { allowedRanges: [203.0.113.7] }",
    '13:38: platform.addons.nginx-ingress.allowedRanges.0: "203.0.113.7" is not a valid IPv4 range. Write an address and a prefix length, like 10.0.0.0/16.',
  ],
  [
    "nginx-ingress: { replica: 3 }",
    '13:22: platform.addons.nginx-ingress.replica: unknown key "replica". Did you mean replicas?',
  ],
])("%s", (text, mistake) => {
  expect(mistakesIn(text)).toEqual([mistake]);
});
