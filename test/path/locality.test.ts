/**
 * Another device, or one less, changes that device's files, the gateway's peers and the lock; no other file
 * of a thousand.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { fleetFiles } from "../../edge/fleet-devices.ts";
import { deviceSecrets, publicKeys } from "../../fleet/keys/secrets.ts";
import { loadFleet, saveLock } from "../../fleet/resolve/load.ts";
import { grammar } from "../../gitops/grammar.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { synthesizeInfra } from "../../cli/project/infra-files.ts";
import { fleetText } from "../bench/fleets.ts";
import { workshopKey as key } from "./workshop.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-locality-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Everything that a synthesis of this text makes, on top of the lock that the folder has. */
function everything(text: string): Tree {
  const file = join(folder, "fleet.yaml");
  writeFileSync(file, text);
  const loaded = loadFleet(file, { ...grammar, key });
  saveLock(loaded);
  const { fleet } = loaded;
  const keys = publicKeys(fleet, key);
  const files: [string, string][] = [];
  const add = (at: string, tree: Tree) => {
    for (const [path, bytes] of tree) files.push([`${at}/${path}`, bytes]);
  };
  add("infra", synthesizeInfra(fleet));
  add("gitops", synthesizeState(fleet, keys));
  const edge = fleetFiles(fleet, (device) => deviceSecrets(fleet, device, key));
  for (const made of edge) files.push([`edge/${made.path}`, made.text]);
  return new Map(files);
}

function changes(before: Tree, after: Tree): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}

/** The files of one device, and the one that names its public key. */
function own(name: string, tree: Tree): string[] {
  const edge = [...tree.keys()].filter((path) => path.startsWith(`edge/${name}/`));
  expect(edge.length).toBeGreaterThan(1);
  const shared = ["gitops/hub/gateway/gateway-peers.yaml"];
  return [...edge, `gitops/hub/fleet/clusters/${name}.yaml`, ...shared].toSorted();
}

function freshLock(): void {
  rmSync(join(folder, "fleet.lock.yaml"), { force: true });
}

const small = fc.record({
  names: fc.uniqueArray(
    fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/).filter((name) => name !== "constructor"),
    { minLength: 2, maxLength: 8 },
  ),
  ring: fc.constantFrom("canary", "early", "stable"),
  raspberry: fc.boolean(),
});

function smallText(names: readonly string[], ring: string, raspberry: boolean): string {
  const [head = ""] = fleetText(20).split("devices:\n");
  const profile = raspberry ? "raspberry-pi-4" : "mini-pc";
  const lines = names.map(
    (name) => `  ${name}: { site: site-0, ring: ${ring}, profile: ${profile} }`,
  );
  // The first device is there in every version, so that the selectors always match one.
  return `${head}devices:\n  anchor-0: { site: site-1 }\n${lines.join("\n")}\n`;
}

describe("locality", () => {
  test("over random fleets, in any order", () => {
    fc.assert(
      fc.property(small, ({ names, ring, raspberry }) => {
        const [one = "", ...others] = names;
        freshLock();
        const without = everything(smallText(others, ring, raspberry));
        // The newcomer is first in the file: nobody may move up for it.
        const joined = everything(smallText([one, ...others], ring, raspberry));
        expect(changes(without, joined)).toEqual(own(one, joined));
        const again = everything(smallText(others, ring, raspberry));
        expect(changes(without, again)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  }, 300_000);

  test("in a fleet of 1,000", () => {
    freshLock();
    const text = fleetText(1_000);
    const before = everything(text);
    const more = text.replace("workloads:", "  store-1001: { site: site-0 }\nworkloads:");
    const after = everything(more);
    expect(changes(before, after)).toEqual(own("store-1001", after));
  }, 300_000);
});
