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
  const { schedule, jobTemplate } = alone["CronJob reconnect-fallback"].spec;
  const [, minutes = ""] = /^\*\/(\d+) \* \* \* \*$/.exec(schedule) ?? [];
  // The Lease ends, the job begins, and works: within ten minutes.
  const { activeDeadlineSeconds } = jobTemplate.spec;
  expect(240 + Number(minutes) * 60 + 60).toBeLessThan(600);
  expect(activeDeadlineSeconds).toBeLessThan(Number(minutes) * 60);
  expect(jobTemplate.spec.template.spec).toMatchObject({
    serviceAccountName: "reconnect",
    restartPolicy: "Never",
    securityContext: { runAsNonRoot: true },
    volumes: [{ configMap: { name: "reconnect-fallback" } }],
  });
});
