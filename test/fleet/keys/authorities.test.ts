/**
 * The certificates are a contract with devices in the field. vectors.json was made apart from this
 * code, by vectors.py with Python's `cryptography`: the same bytes.
 */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  adminCertificate,
  authorityFiles,
  deviceAuthorities,
  fleetRootCertificate,
  hubClientAuthority,
} from "../../../fleet/keys/authorities.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { sampleFleet } from "../../sample.ts";
import { ann, blocksOf, deviceOf, sampleKey } from "./certificates/sample.ts";
import type { Device } from "../../../fleet/model/device.ts";

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "vectors.json"), "utf8"),
) as Record<string, Record<string, string>>;

function digests(texts: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries(
    [...texts].map(([name, text]) => [name, createHash("sha256").update(text).digest("hex")]),
  );
}

describe("pinned vectors", () => {
  test("of the fleet", () => {
    const { certificate, privateKey } = hubClientAuthority(sampleFleet, sampleKey, 1);
    const next = hubClientAuthority(sampleFleet, sampleKey, 2);
    const made = digests([
      ["root.crt", fleetRootCertificate(sampleFleet, sampleKey)],
      ["hub-client-ca.crt", certificate],
      ["hub-client-ca.key", privateKey],
      ["hub-client-ca-2.crt", next.certificate],
      ["hub-client-ca-2.key", next.privateKey],
    ]);
    expect(made).toEqual(vectors["fleet"]);
  });

  test("of a device, and of an administrator at it", () => {
    const device = deviceOf("store-01");
    const { certificate, privateKey } = adminCertificate(sampleFleet, device, sampleKey, ann);
    const made = digests([
      ...deviceAuthorities(sampleFleet, device, sampleKey),
      ["admin.crt", certificate],
      ["admin.key", privateKey],
    ]);
    expect(made).toEqual(vectors["store-01"]);
  });

  test("of a device of the first generation", () => {
    const made = digests(deviceAuthorities(sampleFleet, deviceOf("kiosk-01"), sampleKey));
    expect(made).toEqual(vectors["kiosk-01"]);
  });
});

describe("what keeps devices apart", () => {
  const base = deviceAuthorities(sampleFleet, deviceOf("store-01"), sampleKey);
  const otherKey = new RootKey(new Uint8Array(32).fill(7));

  test.each<[string, Fleet, Device, RootKey]>([
    ["another generation", sampleFleet, { ...deviceOf("store-01"), generation: 3 }, sampleKey],
    ["another device", sampleFleet, deviceOf("kiosk-01"), sampleKey],
    ["another fleet", { ...sampleFleet, name: "pine" }, deviceOf("store-01"), sampleKey],
    ["another root key", sampleFleet, deviceOf("store-01"), otherKey],
  ])("%s has other keys, every one", (_what, fleet, device, key) => {
    const other = deviceAuthorities(fleet, device, key);
    const keys = authorityFiles.filter((name) => name.endsWith(".key"));
    expect(keys.filter((name) => other.get(name) === base.get(name))).toEqual([]);
  });

  test("they share the fleet's root, and no more", () => {
    const other = deviceAuthorities(sampleFleet, deviceOf("kiosk-01"), sampleKey);
    const all = (texts: typeof base) => [...texts.values()].flatMap(blocksOf);
    const theirs = new Set(all(other));
    const shared = all(base).filter((text) => theirs.has(text));
    expect(shared).toEqual([fleetRootCertificate(sampleFleet, sampleKey)]);
  });
});

describe("every certificate", () => {
  const files = sampleFleet.devices.map((device) =>
    deviceAuthorities(sampleFleet, device, sampleKey),
  );

  test("has the key beside it, and K3s signs with the first of a file", () => {
    for (const texts of files) {
      for (const name of authorityFiles.filter((file) => file.endsWith(".crt"))) {
        const [first = ""] = blocksOf(texts.get(name) ?? "");
        const key = createPrivateKey(texts.get(name.replace(".crt", ".key")) ?? "");
        expect(new X509Certificate(first).checkPrivateKey(key), name).toBe(true);
      }
    }
  });

  test("has a number of its own; other dates give another", () => {
    const certificates = { notBefore: "2020-01-01", notAfter: "2049-12-31" };
    const later = deviceAuthorities(
      { ...sampleFleet, certificates },
      deviceOf("store-01"),
      sampleKey,
    );
    const texts = [...files, later].flatMap((each) => [...each.values()].flatMap(blocksOf));
    const unique = [...new Set(texts.filter((text) => text.includes("BEGIN CERTIFICATE")))];
    const serials = unique.map((text) => new X509Certificate(text).serialNumber);
    expect(new Set(serials).size).toBe(unique.length);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test.each([
    ["2049-12-31", "Dec 31 00:00:00 2049 GMT", "170d"],
    ["2050-01-01", "Jan  1 00:00:00 2050 GMT", "180f"],
  ])("that ends on %s says so in the form for its year", (notAfter, shown, tag) => {
    const certificates = { notBefore: "2020-01-01", notAfter };
    const fleet = { ...sampleFleet, certificates };
    const root = new X509Certificate(fleetRootCertificate(fleet, sampleKey));
    expect([root.validFrom, root.validTo]).toEqual(["Jan  1 00:00:00 2020 GMT", shown]);
    const digits = notAfter.replaceAll("-", "").slice(tag === "170d" ? 2 : 0);
    const time = tag + Buffer.from(`${digits}000000Z`).toString("hex");
    expect(root.raw.toString("hex")).toContain(time);
  });
});
