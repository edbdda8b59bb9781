import { expect, test } from "vitest";
import { ReconnectChart } from "../../../gitops/gateway/reconnect.ts";
import { objectsOfChart, podOf } from "../objects.ts";

test("the program knows the metrics of every gateway, and may list and patch Applications", () => {
  const gateways = ["gateway", "gateway-2"];
  const alone = objectsOfChart(
    (app) => new ReconnectChart(app, "reconnect", { gateways, image: "node:24" }),
  );
  expect(podOf(alone["Deployment reconnect"]).containers[0]).toMatchObject({
    image: "node:24",
    env: [
      {
        name: "GATEWAYS",
        value:
          "http://gateway.flotilla-gateway.svc:9586 http://gateway-2.flotilla-gateway.svc:9586",
      },
    ],
  });
  const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
  expect(alone["Role reconnect"].rules).toEqual([
    { apiGroups: ["argoproj.io"], resources: ["applications"], verbs: ["list", "patch"] },
    { ...leases, verbs: ["create"] },
    { ...leases, resourceNames: ["flotilla-reconnect"], verbs: ["get", "patch"] },
  ]);
  const fallback = podOf(alone["Deployment reconnect-fallback"]);
  const [, , script = ""] = fallback.containers[0].command;
  const [, seconds = ""] = /while :; do node \S+; sleep (\d+) & wait \$!; done$/.exec(script) ?? [];
  // The Lease ends, the program runs for 200 seconds at the most: within ten minutes for most.
  expect(240 + Number(seconds)).toBeLessThan(540);
  expect(fallback).toMatchObject({
    serviceAccountName: "reconnect",
    securityContext: { runAsNonRoot: true },
    volumes: [{ configMap: { name: "reconnect-fallback" } }],
  });
});
