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
  expect(alone["Role reconnect"].rules).toEqual([
    { apiGroups: ["argoproj.io"], resources: ["applications"], verbs: ["list", "patch"] },
  ]);
});
