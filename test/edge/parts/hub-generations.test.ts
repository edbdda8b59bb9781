import { load } from "js-yaml";
import { expect, test } from "vitest";
import { HubGenerations } from "../../../edge/parts/hub-generations.ts";
import { bareDevice, composed, fileOf, inlineOf, sampleDevice } from "../devices.ts";

/** Without a line break at its end: each of them gets one. */
const pem = (text: string) =>
  `-----BEGIN CERTIFICATE-----\n${btoa(text)}\n-----END CERTIFICATE-----`;
const hub = [
  { generation: 2, authority: pem("second"), gatewayKey: `${"B".repeat(42)}A=` },
  { generation: 3, authority: pem("third"), gatewayKey: `${"C".repeat(42)}A=` },
];
const folder = "/etc/flotilla/hub";

test("kube-apiserver's clients are the device's own and the hub's, each under its comment", () => {
  const device = bareDevice();
  new HubGenerations(device, "hub", { deviceAuthority: pem("own"), hub });
  expect(fileOf(device, `${folder}/trusted.pem`).mode).toBe(0o600);
  expect(inlineOf(device, `${folder}/trusted.pem`)).toBe(
    `# this device\n${pem("own")}\n# hub generation 2\n${pem("second")}\n# hub generation 3\n${pem("third")}\n`,
  );
  expect(inlineOf(device, `${folder}/gateways`)).toBe(
    `2 ${"B".repeat(42)}A=\n3 ${"C".repeat(42)}A=\n`,
  );
});

test("a device without a tunnel meets no gateway: it reads the statement of its hub", () => {
  const device = bareDevice();
  const direct = hub.map((identity) => ({ ...identity, gatewayKey: null }));
  new HubGenerations(device, "hub", { deviceAuthority: pem("own"), hub: direct });
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
