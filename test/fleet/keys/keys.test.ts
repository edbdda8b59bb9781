/**
 * The derivations are a contract with devices in the field: a change here would shut out every one
 * of them. The vectors were computed apart from this code: HKDF with Python's hmac module, X25519 by
 * the ladder of RFC 7748 in Python, which gives the RFC's own vectors.
 */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  deviceSecrets,
  formatRootKey,
  keyId,
  parseRootKey,
  publicKeys,
  RootKey,
} from "../../../fleet/keys/keys.ts";
import type { Device } from "../../../fleet/model/fleet.ts";
import { sampleFleet } from "../../sample.ts";

const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);
const key = new RootKey(bytes);

function device(name: string): Device {
  return sampleFleet.devices.find((one) => one.name === name) as Device;
}

describe("pinned vectors", () => {
  test("root key file", () => {
    expect(formatRootKey(bytes)).toBe(
      "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
    );
  });

  test("key fingerprint", () => {
    expect(keyId("harbor", key)).toBe("51ee1bc98853895b");
  });

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

describe("a root key", () => {
  test("survives its file", () => {
    const again = parseRootKey(formatRootKey(bytes));
    expect(again?.derive(["x"])).toEqual(key.derive(["x"]));
  });

  test.each([
    "",
    "flotilla-root-key-1:",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
    "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
    "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 x",
  ])("is not read from %j", (text) => expect(parseRootKey(text)).toBeUndefined());

  test("can't be printed by accident", () => {
    const shown = [inspect(key, { showHidden: true }), JSON.stringify(key), String(key)].join(" ");
    expect(shown).not.toMatch(/AAECAw|000102|\b1, *2, *3/);
  });
});
