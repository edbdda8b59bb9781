/**
 * No secret leaves the device's own files: every derived secret is looked for, in every encoding
 * that we use, in all that is published, deployed or printed.
 */
import { execFileSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deviceAuthorities, hubClientAuthority } from "../../fleet/keys/authorities.ts";
import { privateKeyPem, signingKey } from "../../fleet/keys/certificates/p256.ts";
import { deviceSecrets } from "../../fleet/keys/secrets.ts";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { Workshop, workshopKey } from "./workshop.ts";
import { formatRootKey } from "../../fleet/keys/root-key.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

/** A secret's bytes as any of our formats would show them. */
function encodings(secret: Buffer): string[] {
  const base64 = secret.toString("base64");
  const hex = secret.toString("hex");
  const plain = [base64, base64.replace(/=+$/, ""), secret.toString("base64url"), hex];
  return [
    ...plain,
    hex.toUpperCase(),
    encodeURIComponent(base64),
    // Base64 of a text that holds the secret: the text may start at any of three offsets.
    ...plain.flatMap((text) =>
      [0, 1, 2].map((offset) => {
        const shifted = Buffer.from(" ".repeat(offset) + text).toString("base64");
        return shifted.slice(4, -6);
      }),
    ),
  ];
}

function allSecrets(): Buffer[] {
  const { fleet } = loadFleet(workshop.path("fleet.yaml"));
  const rootKey = Buffer.from(
    formatRootKey(Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1)).split(":")[1] ?? "",
    "base64url",
  );
  const gateway = Buffer.from(workshopKey.derive([fleet.name, "wireguard-gateway"]));
  const devices = fleet.devices.flatMap((device) => {
    const { wireguardPrivateKey, k3sToken } = deviceSecrets(fleet, device, workshopKey);
    return [Buffer.from(wireguardPrivateKey, "base64"), Buffer.from(k3sToken, "hex")];
  });
  return [rootKey, gateway, ...devices];
}

/** The keys of every certificate authority: the device's, by its name, and the fleet's two. */
function authorityKeys(): ReadonlyMap<string, readonly string[]> {
  const { fleet } = loadFleet(workshop.path("fleet.yaml"));
  const root = privateKeyPem(signingKey(workshopKey.derive([fleet.name, "fleet-root"], 48)));
  const fleets = [root, hubClientAuthority(fleet, workshopKey).privateKey];
  const devices = fleet.devices.map((device) => {
    const texts = [...deviceAuthorities(fleet, device, workshopKey).values()];
    const keys = texts.filter((text) => text.includes("PRIVATE KEY"));
    return [device.name, [...new Set(keys)]] as const;
  });
  return new Map([["the fleet", fleets], ...devices]);
}

/** A key as PEM, as its number, and as either in any encoding. The number is in the first line. */
function keyEncodings(text: string): string[] {
  const [, line = ""] = text.split("\n");
  const { d = "" } = createPrivateKey(text).export({ format: "jwk" });
  const shifted = [0, 1, 2].map((offset) =>
    Buffer.from(" ".repeat(offset) + line)
      .toString("base64")
      .slice(4, -6),
  );
  return [line, ...shifted, ...encodings(Buffer.from(d, "base64url"))];
}

/** The texts in which any secret stands. */
function finds(
  texts: Iterable<readonly [string, Buffer | string]>,
  needles = [
    ...allSecrets().flatMap(encodings),
    ...[...authorityKeys().values()].flat().flatMap(keyEncodings),
  ],
): string[] {
  return [...texts].flatMap(([name, content]) => {
    const text = content.toString("latin1");
    return needles.some((needle) => text.includes(needle)) ? [name] : [];
  });
}

describe("after the whole job", () => {
  const said: [string, string][] = [];

  beforeAll(() => {
    const { status, stdout, stderr } = workshop.run("up");
    expect(status, stderr).toBe(0);
    said.push(["stdout", stdout], ["stderr", stderr]);
    for (const args of [["validate"], ["synth", "--json"], ["publish"], ["--verbose", "up"]]) {
      const outcome = workshop.run(...args);
      said.push([`${args} stdout`, outcome.stdout], [`${args} stderr`, outcome.stderr]);
    }
  });

  test("the search finds secrets where they belong", () => {
    const edge = workshop.files("dist/edge");
    const found = finds(edge);
    const devices = new Set(found.map((path) => path.split("/")[0]));
    expect(devices.size).toBe(39);
  });

  test("an authority's key stands in its own device's files, the fleet's nowhere", () => {
    const edge = workshop.files("dist/edge");
    for (const [owner, keys] of authorityKeys()) {
      const found = keys.flatMap((key) => finds(edge, keyEncodings(key)));
      // Elsewhere it may be compressed.
      const plain = owner === "the fleet" ? [] : [`${owner}/device.bu`];
      expect(found, owner).toEqual(expect.arrayContaining(plain));
      expect(
        found.filter((path) => !path.startsWith(`${owner}/`)),
        owner,
      ).toEqual([]);
    }
  });

  test.each(["dist/gitops", "dist/infra"])("none stands in %s", (folder) => {
    expect(finds(workshop.files(folder))).toEqual([]);
  });

  test("none stands in the state repository, in any version of it", () => {
    const objects = execFileSync(
      "git",
      ["-C", workshop.path("dist/state.git"), "log", "-p", "--all", "--no-color"],
      { maxBuffer: 2 ** 28 },
    );
    expect(objects.length).toBeGreaterThan(10_000);
    expect(finds([["git log", objects]])).toEqual([]);
  });

  test("none was printed", () => {
    expect(said.length).toBe(10);
    expect(finds(said)).toEqual([]);
  });

  test("none stands in the lock or beside it", () => {
    const top = [...workshop.files(".")].filter(
      ([path]) => !path.startsWith("dist/edge/") && path !== "fleet.key",
    );
    expect(finds(top)).toEqual([]);
  });

  test("every file of a device has mode 0600", () => {
    for (const path of workshop.files("dist/edge").keys()) {
      if (path.startsWith(".")) continue;
      expect(statSync(workshop.path("dist/edge", path)).mode & 0o777, path).toBe(0o600);
    }
  });
});
