import { expect, test } from "vitest";
import { DeviceAddress } from "../../../gitops/secrets/device-address.ts";
import { objectsOf } from "../objects.ts";

const props = {
  name: "store-01",
  address: "100.64.0.2",
  serverName: "store-01.harbor.internal",
  labels: { role: "till" },
};

test.each([
  ["behind a gateway", { proxyUrl: "http://gateway.flotilla-gateway.svc:3128" }],
  ["that is reached directly", {}],
])("the address of a device %s", (_, proxy) => {
  const objects = objectsOf((chart) => {
    new DeviceAddress(chart, "address", { ...props, ...proxy });
  });
  expect(objects["ConfigMap store-01"]).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "store-01", namespace: "fleet-secrets", labels: { role: "till" } },
    data: {
      server: "https://100.64.0.2:6443",
      serverName: "store-01.harbor.internal",
      ...proxy,
    },
  });
});
