/**
 * No secret leaves the device's own files: every value that is derived from the root key, and every
 * secret of the environment, is searched for in all that is published, deployed or printed.
 */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatRootKey } from "../../fleet/keys/root-key.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { derivedSecrets, secretSearch, type Secrets } from "../secret-search.ts";
import { exampleText, Workshop, workshopKeyBytes } from "./workshop.ts";

/** Secrets that are often in an environment. None of them is for Flotilla but the key. */
const variables = {
  FLOTILLA_KEY: formatRootKey(workshopKeyBytes).trim(),
  FLOTILLA_REPOSITORY_PASSWORD: "canary-repository-9f3Kq7ZxTb2m",
  GITHUB_TOKEN: "canary-github-Lw83hTqkQ0pZr5vA",
  GOOGLE_OAUTH_ACCESS_TOKEN: "canary-google-Xc61RmYbUo4sWj9d",
  AWS_SECRET_ACCESS_KEY: "canary-amazon-7GtPz2NeKf8yHq3v",
};

/** Secrets of a site, to which the fleet file refers. */
const canaryKey =
  "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5LXJlZ2lzdHJ5LWtleS03bQ\n-----END PRIVATE KEY-----";
const outside = {
  ANN_HASH: "$y$j9T$canaryAnnHash1$4Vn7qYw2Rt8Lk3Pz6Xc9Bd5Hg1Jf0Ms",
  REGISTRY_PASSWORD: "canary-registry-5rNf8WqXz3Jt",
  REGISTRY_CERTIFICATE: canaryKey.replaceAll("PRIVATE KEY", "CERTIFICATE").replace("7m", "9c"),
  REGISTRY_KEY: canaryKey,
  PROXY_LOGIN: "till:canary-proxy-2mPz6HsVd9Kw",
  WIFI_PASSPHRASE: "canary-wifi-8cTy4BqLg7Ns",
};
const outsideSite = "savannah-roastery";
const outsideText = `
    users: { ann: { passwordHash: { env: ANN_HASH } } }
    registries:
      hosts:
        registry.harbor.example:
          login: { username: till, password: { env: REGISTRY_PASSWORD } }
          clientCertificate: { env: REGISTRY_CERTIFICATE }
          clientKey: { env: REGISTRY_KEY }
    proxy: { http: "http://proxy.harbor.example:3128", login: { env: PROXY_LOGIN } }
    interfaces:
      eno1: {}
      wlan0: { type: wifi, wifi: { ssid: plant, passphrase: { env: WIFI_PASSPHRASE } } }`;

/** As files contain them: the lines of a key can be indented, and a login is part of a URL. */
const outsideCanaries = Object.entries(outside).map(([name, value]) => {
  const line = value.split("\n").at(1) ?? value.replace(/^till:/, "");
  return [name, [Buffer.from(line)]] as const;
});

const workshop = new Workshop(exampleText.replace(`\n  ${outsideSite}:`, `$&${outsideText}`), {
  ...variables,
  ...outside,
});
afterAll(() => workshop.remove());

describe("after the whole job", () => {
  let fleet: Fleet;
  let secrets: Secrets;
  let find: ReturnType<typeof secretSearch>;
  const said: [string, string][] = [];

  beforeAll(() => {
    const { status, stdout, stderr } = workshop.run("up");
    expect(status, stderr).toBe(0);
    said.push(["stdout", stdout], ["stderr", stderr]);
    for (const args of [
      ["validate"],
      ["synth", "--json"],
      ["publish"],
      ["--verbose", "up"],
      ["show", "roaster-1"],
    ]) {
      const outcome = workshop.run(...args);
      said.push([`${args} stdout`, outcome.stdout], [`${args} stderr`, outcome.stderr]);
    }
    fleet = loadFleet(workshop.path("fleet.yaml")).fleet;
    const canaries = Object.entries(variables).filter(([name]) => name !== "FLOTILLA_KEY");
    secrets = new Map([
      ...derivedSecrets(fleet, workshopKeyBytes),
      ...canaries.map(([name, value]) => [name, [Buffer.from(value)]] as const),
      ...outsideCanaries,
    ]);
    find = secretSearch(secrets);
  }, 300_000);

  test("a device's files hold all secrets of this device, and none else", () => {
    const names = new Set(fleet.devices.map(({ name }) => name));
    const owner = (secret: string) => secret.split(" ").at(-2) ?? "";
    // The hub's keys have a generation too.
    const ofDevices = [...secrets.keys()].filter((name) => names.has(owner(name)));
    expect(new Set(ofDevices.map(owner)).size).toBe(39);

    const found = find(workshop.files("dist/edge"));
    const strange = found.filter((line) => {
      const [file = "", secret = ""] = line.split(": ");
      if (Object.hasOwn(outside, secret)) return false;
      return !file.startsWith(`${owner(secret)}/`);
    });
    expect(strange).toEqual([]);
    // In Ignition files they may be compressed.
    const isMissing = (secret: string) => !found.includes(`${owner(secret)}/device.bu: ${secret}`);
    // A direct device has no tunnel, so its key is not used.
    const direct = fleet.devices.filter(({ connectivity }) => connectivity === "direct");
    expect(ofDevices.filter(isMissing)).toEqual(direct.map(({ name }) => `wireguard ${name} 1`));
  });

  test("a secret of a site is in the files of its devices, and of no others", () => {
    const devices = fleet.devices.filter(({ site }) => site.name === outsideSite);
    expect(devices.length).toBeGreaterThan(5);
    const found = find(workshop.files("dist/edge")).filter((line) =>
      Object.hasOwn(outside, line.split(": ")[1] ?? ""),
    );
    for (const { name } of devices) {
      for (const secret of Object.keys(outside)) {
        expect(found).toContain(`${name}/device.bu: ${secret}`);
      }
    }
    const names = new Set(devices.map(({ name }) => name));
    expect(found.filter((line) => !names.has(line.split("/")[0] ?? ""))).toEqual([]);
  });

  test.each(["dist/gitops", "dist/infra"])("none is in %s", (folder) => {
    expect(find(workshop.files(folder))).toEqual([]);
  });

  test("none is in the state repository, in any version of it", () => {
    const log = execFileSync(
      "git",
      ["-C", workshop.path("dist/state.git"), "log", "-p", "--all", "--no-color"],
      { maxBuffer: 2 ** 28 },
    );
    expect(log.length).toBeGreaterThan(10_000);
    expect(find([["git log", log]])).toEqual([]);
  });

  test("none was printed", () => {
    expect(said.length).toBe(12);
    expect(find(said)).toEqual([]);
  });

  test("none is in the lock or beside it", () => {
    const top = [...workshop.files(".")].filter(
      ([path]) => !path.startsWith("dist/edge/") && path !== "fleet.key",
    );
    expect(find(top)).toEqual([]);
  });

  test("every file of a device has mode 0600", () => {
    for (const path of workshop.files("dist/edge").keys()) {
      if (path.startsWith(".")) continue;
      expect(statSync(workshop.path("dist/edge", path)).mode & 0o777, path).toBe(0o600);
    }
  });
});
