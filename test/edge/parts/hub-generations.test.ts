import { load } from "js-yaml";
import { expect, test } from "vitest";
import { HubGenerations } from "../../../edge/parts/hub-generations.ts";
import { bareDevice, composed, fileOf, inlineOf, sampleDevice } from "../devices.ts";

const hub = [
  { generation: 2, authority: "second\n", gatewayKey: "Mg==" },
  { generation: 3, authority: "third\n", gatewayKey: "Mw==" },
];
const folder = "/etc/flotilla/hub";

test("kube-apiserver's clients are the device's own and the hub's, each under its comment", () => {
  const device = bareDevice();
  new HubGenerations(device, "hub", { deviceAuthority: "own\n", hub });
  expect(fileOf(device, `${folder}/trusted.pem`).mode).toBe(0o600);
  expect(inlineOf(device, `${folder}/trusted.pem`)).toBe(
    "# this device\nown\n# hub generation 2\nsecond\n# hub generation 3\nthird\n",
  );
  expect(inlineOf(device, `${folder}/gateways`)).toBe("2 Mg==\n3 Mw==\n");
});

test("a device without a tunnel meets no gateway: it reads the statement of its hub", () => {
  const device = bareDevice();
  const direct = hub.map((identity) => ({ ...identity, gatewayKey: null }));
  new HubGenerations(device, "hub", { deviceAuthority: "own\n", hub: direct });
  const { storage, systemd } = device.toConfig();
  expect(storage?.files?.map(({ path }) => path)).toEqual([
    `${folder}/trusted.pem`,
    "/usr/local/bin/follow-hub",
    "/usr/local/bin/read-hub-statement",
  ]);
  expect(systemd?.units?.map(({ name }) => name)).toEqual([
    "flotilla-hub.service",
    "flotilla-hub.timer",
  ]);
  expect(systemd?.units?.[0]?.contents).toContain("ExecStart=/usr/local/bin/read-hub-statement\n");
});

test("the API server of a fleet's device reads this file, not K3s' own", () => {
  const device = composed(sampleDevice("store-01"));
  const { "kube-apiserver-arg": flags } = load(
    inlineOf(device, "/etc/rancher/k3s/config.yaml"),
  ) as { "kube-apiserver-arg": readonly string[] };
  expect(flags).toContain(`client-ca-file=${folder}/trusted.pem`);
});
