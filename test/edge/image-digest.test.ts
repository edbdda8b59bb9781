import { describe, expect, test } from "vitest";
import { imageDigests } from "../../edge/fleet-devices.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { serverName } from "../../fleet/model/names.ts";
import { sampleFleet } from "../sample.ts";
import type { Device } from "../../fleet/model/device.ts";

const [, kiosk, store] = sampleFleet.devices as [Device, Device, Device];
const digestKey = new Uint8Array(32).fill(7);
const digestOf = (device: Device, fleet: Fleet = sampleFleet, key = digestKey) => {
  const devices = fleet.devices.map((each) => (each.name === device.name ? device : each));
  return imageDigests({ ...fleet, devices }, key).get(device.name);
};

describe("imageDigest", () => {
  test("is 16 hexadecimal digits, the same every time, another for each device", () => {
    const all = imageDigests(sampleFleet, digestKey);
    expect([...all.keys()]).toEqual(["depot-01", "kiosk-01", "store-01"]);
    expect(new Set(all.values()).size).toBe(3);
    for (const digest of all.values()) expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect(imageDigests(sampleFleet, digestKey)).toEqual(all);
  });

  const { pins } = sampleFleet;
  const k3s = { ...pins.k3s, version: "v9.9.9+k3s1" };
  const iso = { ...pins.coreos.iso, x86_64: { url: "https://x.example", sha256: "9".repeat(64) } };
  const changes: readonly (readonly [string, string | undefined])[] = [
    [
      "generation",
      digestOf({ ...store, generation: 3, serverName: serverName("harbor", "store-01", 3) }),
    ],
    ["address", digestOf({ ...store, address: "100.64.0.9" })],
    ["ring", digestOf({ ...store, ring: "stable" })],
    ["disk", digestOf({ ...store, disk: "/dev/sdb" })],
    [
      "kernel arguments",
      digestOf({ ...store, profile: { ...store.profile, kernelArguments: ["x"] } }),
    ],
    ["snippets", digestOf({ ...store, snippets: sampleFleet.devices[0]?.snippets ?? [] })],
    ["K3s", digestOf(store, { ...sampleFleet, pins: { ...pins, k3s } })],
    [
      "ISO",
      digestOf(store, { ...sampleFleet, pins: { ...pins, coreos: { ...pins.coreos, iso } } }),
    ],
    ["SSH keys", digestOf(store, { ...sampleFleet, sshKeys: [] })],
    [
      "certificates",
      digestOf(store, {
        ...sampleFleet,
        certificates: { ...sampleFleet.certificates, notAfter: "2051-01-01" },
      }),
    ],
    ["pair of hub generations", digestOf(store, { ...sampleFleet, hub: { generation: 3 } })],
    // Whoever does not have the fleet's root key can't find out what is in there by trying.
    ["root key", digestOf(store, sampleFleet, new Uint8Array(32))],
  ];
  test.each(changes)("another %s, another image", (_, digest) => {
    expect(digest).not.toBe(digestOf(store));
  });

  test("the next generation of the hub is in the images already", () => {
    expect(digestOf(store, { ...sampleFleet, hub: { generation: 2 } })).toBe(digestOf(store));
  });

  test("labels, other devices and workloads change no image", () => {
    expect(digestOf({ ...store, labels: { role: "kiosk" } })).toBe(digestOf(store));
    expect(digestOf(store, { ...sampleFleet, devices: [kiosk, store], workloads: [] })).toBe(
      digestOf(store),
    );
  });
});
