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

const workshop = new Workshop(exampleText, variables);
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
    for (const args of [["validate"], ["synth", "--json"], ["publish"], ["--verbose", "up"]]) {
      const outcome = workshop.run(...args);
      said.push([`${args} stdout`, outcome.stdout], [`${args} stderr`, outcome.stderr]);
    }
    fleet = loadFleet(workshop.path("fleet.yaml")).fleet;
    const canaries = Object.entries(variables).filter(([name]) => name !== "FLOTILLA_KEY");
    secrets = new Map([
      ...derivedSecrets(fleet, workshopKeyBytes),
      ...canaries.map(([name, value]) => [name, [Buffer.from(value)]] as const),
    ]);
    find = secretSearch(secrets);
  });

  test("a device's files hold all secrets of this device, and none else", () => {
    const names = new Set(fleet.devices.map(({ name }) => name));
    const owner = (secret: string) => secret.split(" ").at(-2) ?? "";
    // The hub's keys have a generation too.
    const ofDevices = [...secrets.keys()].filter((name) => names.has(owner(name)));
    expect(new Set(ofDevices.map(owner)).size).toBe(39);

    const found = find(workshop.files("dist/edge"));
    const strange = found.filter((line) => {
      const [file = "", secret = ""] = line.split(": ");
      return !file.startsWith(`${owner(secret)}/`);
    });
    expect(strange).toEqual([]);
    // In Ignition files they may be compressed.
    const isMissing = (secret: string) => !found.includes(`${owner(secret)}/device.bu: ${secret}`);
    // A direct device has no tunnel, so its key is not used.
    const direct = fleet.devices.filter(({ connectivity }) => connectivity === "direct");
    expect(ofDevices.filter(isMissing)).toEqual(direct.map(({ name }) => `wireguard ${name} 1`));
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
    expect(said.length).toBe(10);
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
