import { describe, expect, test } from "vitest";
import { cutsOff, parseRegistration, registrationChanges } from "../../../cli/plan/registration.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { serverName } from "../../../fleet/model/names.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";
import type { Device } from "../../../fleet/model/device.ts";

const [depot, kiosk, store] = sampleFleet.devices as [Device, Device, Device];

function registered(device: Device, keys = samplePublicKeys) {
  const fleet: Fleet = { ...sampleFleet, devices: [device] };
  const tree = synthesizeState(fleet, keys, new Map([[device.name, "0123456789abcdef"]]));
  return parseRegistration(tree.get(`hub/fleet/clusters/${device.name}.yaml`));
}

function changes(before: Device, after: Device) {
  return registrationChanges(registered(before)?.facts ?? {}, registered(after)?.facts ?? {});
}

test("a registration says what the device is, and which image it is installed from", () => {
  expect(registered(store)).toMatchObject({
    image: "0123456789abcdef",
    facts: {
      generation: 2,
      ring: "canary",
      site: "boston",
      profile: "mini-pc",
      labels: { role: "till" },
      connectivity: "gateway",
      address: "100.64.0.3",
    },
  });
  expect(registered(depot)?.facts).toMatchObject({ generation: 1, connectivity: "direct" });
  expect(parseRegistration("kind: Secret")).toBeUndefined();
  expect(parseRegistration("a: [")).toBeUndefined();
});

test("another pod of Argo CD's controller is a change, and does not cut a device off", () => {
  const inShards = (shards: number) => {
    const argocd = { ...sampleFleet.argocd, shards };
    const fleet: Fleet = { ...sampleFleet, devices: [store], argocd };
    const tree = synthesizeState(fleet, samplePublicKeys);
    return parseRegistration(tree.get(`hub/fleet/clusters/${store.name}.yaml`))?.facts ?? {};
  };
  const fields = registrationChanges(inShards(1), inShards(2));
  expect(fields).toEqual([{ path: "shard", after: expect.stringMatching(/^[01]$/) }]);
  expect(cutsOff(fields, false)).toBe(false);
});

describe("the hub loses a device", () => {
  const third = { ...store, generation: 3, serverName: serverName("harbor", "store-01", 3) };
  const directly = { connectivity: "direct", address: "203.0.113.9" } as const;
  test.each<[string, Device, Device, readonly string[], boolean]>([
    ["by another generation", store, third, ["generation"], true],
    [
      "by another address in the tunnel",
      kiosk,
      { ...kiosk, address: "100.64.0.9" },
      ["address"],
      true,
    ],
    [
      "not by another address without one",
      depot,
      { ...depot, address: "203.0.113.9" },
      ["address"],
      false,
    ],
    [
      "without its tunnel",
      kiosk,
      { ...kiosk, ...directly },
      ["connectivity", "address", "gateway"],
      true,
    ],
    ["not by another ring", kiosk, { ...kiosk, ring: "early" }, ["ring"], false],
    ["not by a label", kiosk, { ...kiosk, labels: { role: "till" } }, ["labels.role"], false],
  ])("%s", (_, before, after, paths, isLost) => {
    const fields = changes(before, after);
    expect(fields.map(({ path }) => path)).toEqual(paths);
    expect(cutsOff(fields, after.connectivity === "direct")).toBe(isLost);
  });

  test("by another root certificate, which is not told", () => {
    const keys = { ...samplePublicKeys, rootCertificate: "other" };
    const fields = registrationChanges(
      registered(kiosk)?.facts ?? {},
      registered(kiosk, keys)?.facts ?? {},
    );
    expect(fields).toEqual([{ path: "rootCertificate", secret: true }]);
    expect(cutsOff(fields, false)).toBe(true);
  });
});
