/** A device that is removed and declared again does not get keys that were revoked. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import { loadFleet, saveLock, type LoadOptions } from "../../../fleet/resolve/load.ts";

const text = (devices: string) => `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub }
rings: [all]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda }
sites:
  boston: { profile: mini-pc }
devices:
  store-09: { site: boston }
${devices}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-retired-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const key = new RootKey(Uint8Array.from({ length: 32 }, (_, index) => index));

/** Loads a fleet with these devices, and writes its lock. */
function load(devices: string, options: LoadOptions = { key, publicKeys: true }) {
  const file = join(folder, "fleet.yaml");
  writeFileSync(file, text(devices));
  const loaded = loadFleet(file, { workloads: [], ...options });
  saveLock(loaded);
  return loaded;
}
/** The lines of keys in the lock. */
const lines = () =>
  readFileSync(join(folder, "fleet.lock.yaml"), "utf8").match(/^ {4}[a-z0-9-]+ \d+ (?=.{43}=$)/gm);

const two = "  store-{01..02}: { site: boston, generation: 2 }\n";
const one = "  store-{01..02}: { site: boston }\n";

test("a name keeps its generation when its device is removed", () => {
  load(two);
  const { publicKeys, fleet } = load("");
  expect(lines()).toEqual(
    expect.arrayContaining(["    store-01 2 ", "    store-02 2 ", "    store-09 1 "]),
  );
  // What is made of the keys has none of it.
  expect([...(publicKeys?.devices.keys() ?? [])]).toEqual(fleet.devices.map(({ name }) => name));
  const message =
    "devices.store-{01..02}: store-01 had generation 2 before it was removed, and the keys of generation 1 were revoked. Write generation: 2 or a higher one. If no image of generation 2 exists, delete its line under publicKeys in the lock.";
  expect(() => load(one)).toThrow(message);
  expect(() => load(one, {})).toThrow(message);
  load("", { publicKeys: true });
  expect(() => load(one, {})).toThrow(message);
  load(two);
  expect(lines()).toEqual(expect.arrayContaining(["    store-01 2 ", "    store-02 2 "]));
});

test("a first generation leaves nothing, and released addresses release the name", () => {
  load(one);
  load("");
  expect(lines()).not.toContain("    store-01 1 ");
  load(two);
  load("", { key, publicKeys: true, pruneLock: true });
  expect(lines()).not.toContain("    store-01 2 ");
  load(one);
});
