/**
 * No secret leaves the device's own files: every derived secret is looked for, in every encoding
 * that we use, in all that is published, deployed or printed.
 */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deviceSecrets, formatRootKey } from "../../fleet/keys.ts";
import { loadFleet } from "../../fleet/load.ts";
import { Workshop, workshopKey } from "./workshop.ts";

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

/** The texts in which any secret stands. */
function finds(texts: Iterable<readonly [string, Buffer | string]>): string[] {
  const needles = allSecrets().flatMap(encodings);
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
