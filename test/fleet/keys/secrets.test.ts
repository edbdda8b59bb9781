/**
 * The derivations are a contract with devices in the field: a change here would shut out every one
 * of them. The vectors were computed apart from this code: HKDF with Python's hmac module, X25519 by
 * the ladder of RFC 7748 in Python, which gives the RFC's own vectors.
 */
import { describe, expect, test } from "vitest";
import { deviceSecrets, publicKeys } from "../../../fleet/keys/secrets.ts";
import type { Device } from "../../../fleet/model/device.ts";
import { sampleFleet } from "../../sample.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";

const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);
const key = new RootKey(bytes);

function device(name: string): Device {
  return sampleFleet.devices.find((one) => one.name === name) as Device;
}

describe("pinned vectors", () => {
  test("secrets of a device", () => {
    expect(deviceSecrets(sampleFleet, device("store-01"), key)).toMatchObject({
      wireguardPrivateKey: "wMFmuOkaxbBMfvMAUo85K8OSK10GZFs0h9lX+6XOon4=",
      k3sToken: "836a79e68ef2d768585bdefbb57f41e0845fcd0cd5a324dbeec930ddbaa75716",
    });
  });

  test("public keys", () => {
    const { gateways, devices } = publicKeys(sampleFleet, key);
    expect([...gateways]).toEqual([[1, "4pifGuuYHMwy1lS7BsnhcsKjSHIK3hqMXqmlJzKFGkA="]]);
    expect(devices.get("store-01")).toBe("rlpiuuuJbubAICAeOdR5A77C8VO+eGz97QxxZAUkiSQ=");
    expect([...devices.keys()]).toEqual(["kiosk-01", "store-01"]);
  });
});

describe("what keeps secrets apart", () => {
  const base = deviceSecrets(sampleFleet, device("store-01"), key);

  test.each([
    ["another generation", sampleFleet, { ...device("store-01"), generation: 3 }, key],
    ["another device", sampleFleet, device("kiosk-01"), key],
    ["another fleet", { ...sampleFleet, name: "pine" }, device("store-01"), key],
    ["another root key", sampleFleet, device("store-01"), new RootKey(bytes.map((b) => b ^ 1))],
  ])("%s", (_what, fleet, one, rootKey) => {
    const other = deviceSecrets(fleet, one, rootKey);
    expect(other.wireguardPrivateKey).not.toBe(base.wireguardPrivateKey);
    expect(other.k3sToken).not.toBe(base.k3sToken);
  });
});
