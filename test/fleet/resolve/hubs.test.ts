/** One fleet.yaml for several hubs: each environment has the devices of its hub's sites. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { loadFleet, saveLock } from "../../../fleet/resolve/load.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { grammar } from "../../../gitops/grammar.ts";
import { publicKeysOf } from "../../gitops/whole-state.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-test-"));
  mkdirSync(join(folder, "environments"));
  write("fleet.yaml", base);
  for (const hub of ["east", "west"]) write(`environments/${hub}.yaml`, environment(hub));
});
afterEach(() => rmSync(folder, { recursive: true }));

const base = `rings: [stable]
profiles:
  pc: { architecture: x86_64, disk: /dev/sda }
sites:
  boston: { profile: pc, hub: east }
  miami: { profile: pc, hub: east }
  denver: { profile: pc, hub: west }
devices:
  boston-{1..3}: { site: boston }
  miami-1: { site: miami }
  denver-{1..2}: { site: denver }
workloads:
  telemetry: { versions: { stable: 1.9.1 } }
`;

const environment = (hub: string) => `fleet: shop-${hub}
domain: ${hub}.shop.example
repository: { url: https://git.shop.example/${hub}-state.git }
cloud: { provider: google, project: shop-${hub}, region: us-east1 }
hub: { name: ${hub} }
`;

function write(file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

const load = (hub: string) => loadFleet(join(folder, "environments", `${hub}.yaml`), grammar);
const namesOf = (hub: string) => load(hub).fleet.devices.map(({ name }) => name);

function mistakesOf(file: string): readonly string[] {
  try {
    loadFleet(join(folder, file), grammar);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => formatMistake(mistake).replaceAll(`${folder}/`, ""));
  }
}

test("each hub has the devices of its sites, and all of them together are the fleet", () => {
  expect(namesOf("east")).toEqual(["boston-1", "boston-2", "boston-3", "miami-1"]);
  expect(namesOf("west")).toEqual(["denver-1", "denver-2"]);
});

test("each hub has addresses, a lock and a state of its own, which another hub's devices do not change", () => {
  const state = () => {
    const { fleet } = load("east");
    return synthesizeState(fleet, publicKeysOf(fleet));
  };
  for (const hub of ["east", "west"]) saveLock(load(hub));
  const lockFile = (hub: string) => join(folder, "environments", `${hub}.lock.yaml`);
  const [before, lock] = [state(), readFileSync(lockFile("east"), "utf8")];
  expect(lock).not.toContain("denver");
  expect(existsSync(join(folder, "fleet.lock.yaml"))).toBe(false);

  write("fleet.yaml", base.replace("denver-{1..2}", "denver-{1..9}"));
  expect(state()).toEqual(before);
  expect(load("east").lockText).toBe(lock);
  expect(load("west").fleet.devices).toHaveLength(9);
});

test("a site that moves to another hub takes its devices with it", () => {
  write(
    "fleet.yaml",
    base.replace("miami: { profile: pc, hub: east }", "miami: { profile: pc, hub: west }"),
  );
  expect(namesOf("east")).not.toContain("miami-1");
  expect(namesOf("west")).toContain("miami-1");
});

describe("mistakes", () => {
  test("a device of another hub is checked too", () => {
    write(
      "fleet.yaml",
      base.replace("denver-{1..2}: { site: denver }", "denver-1: { sit: denver }"),
    );
    expect(mistakesOf("environments/east.yaml").join()).toContain('unknown key "sit"');
  });

  test("fleet.yaml by itself has the devices of no hub", () => {
    write("fleet.yaml", base + environment("all").replace("hub: { name: all }\n", ""));
    expect(mistakesOf("fleet.yaml")).toEqual([
      "fleet.yaml:5:31: sites.boston.hub: this fleet has no hub.name, and would have the devices of every hub. " +
        "Choose a hub with --environment; its file has hub: { name: … }.",
    ]);
  });

  test("fleet.yaml with a hub.name is not one of the hubs", () => {
    write("fleet.yaml", base + environment("all").replace("name: all", "name: east"));
    const message =
      "fleet.yaml:18:14: hub.name: every environment would be the hub east. " +
      "Write this line in the file of one environment, and choose it with --environment.";
    expect(mistakesOf("fleet.yaml")).toEqual([message]);
    write("environments/east.yaml", environment("east").replace(/^hub:.*\n/m, ""));
    expect(mistakesOf("environments/east.yaml")).toContain(message);
  });

  test("two environments with one hub.name", () => {
    write(
      "environments/south.yaml",
      environment("south").replace("{ name: south }", "{ name: east }"),
    );
    const message =
      "hub.name: environments/east.yaml and environments/south.yaml have the same hub.name, and would have " +
      "the same devices. Write another one in one of these files.";
    for (const file of ["environments/east.yaml", "environments/south.yaml"]) {
      expect(mistakesOf(file)).toEqual([`${file}:5:14: ${message}`]);
    }
    expect(mistakesOf("environments/west.yaml")).toEqual([]);
  });

  test.each([
    [
      "a site",
      "sites: { denver: { hub: east } }\n",
      "environments/east.yaml:6:25: sites.denver.hub: this site is at the hub east, and in fleet.yaml:7:31 at west. Write one hub for it, in fleet.yaml.",
      "fleet.yaml:7:31: sites.denver.hub: this site is at the hub west, and in environments/east.yaml:6:25 at east. Write one hub for it, in fleet.yaml.",
    ],
    [
      "a range of devices",
      "devices: { 'denver-{1..2}': { site: miami } }\n",
      "environments/east.yaml:6:37: devices.denver-{1..2}.site: denver-1 is at the hub east, and in fleet.yaml:11:26 at west. Declare it once, in fleet.yaml.",
      "fleet.yaml:11:26: devices.denver-{1..2}.site: denver-1 is at the hub west, and in environments/east.yaml:6:37 at east. Declare it once, in fleet.yaml.",
    ],
    [
      "one device of a range",
      "devices: { 'denver-{1..2}': { overrides: { denver-2: { site: miami } } } }\n",
      "environments/east.yaml:6:62: devices.denver-{1..2}.overrides.denver-2.site: denver-2 is at the hub east, and in fleet.yaml:11:26 at west. Declare it once, in fleet.yaml.",
      "fleet.yaml:11:26: devices.denver-{1..2}.site: denver-2 is at the hub west, and in environments/east.yaml:6:62 at east. Declare it once, in fleet.yaml.",
    ],
  ])("%s that is at two hubs", (_what, more, east, west) => {
    write("environments/east.yaml", environment("east") + more);
    expect(mistakesOf("environments/east.yaml")).toEqual([east]);
    expect(mistakesOf("environments/west.yaml")).toEqual([west]);
  });

  test("a device that its hub does not know", () => {
    const more = "devices: { denver-3: { site: denver } }\n";
    write("environments/east.yaml", environment("east") + more);
    expect(mistakesOf("environments/east.yaml")).toEqual([
      "environments/east.yaml:6:30: devices.denver-3.site: denver-3 is at the hub west, and environments/west.yaml does not have it. Declare it once, in fleet.yaml.",
    ]);
    // A device that only its own hub has is at one hub.
    write(
      "environments/east.yaml",
      environment("east") + more.replace("site: denver", "site: miami"),
    );
    for (const hub of ["east", "west"]) expect(mistakesOf(`environments/${hub}.yaml`)).toEqual([]);
  });

  test("a site without a hub", () => {
    write(
      "fleet.yaml",
      base.replace("miami: { profile: pc, hub: east }", "miami: { profile: pc }"),
    );
    for (const hub of ["east", "west"]) {
      expect(mistakesOf(`environments/${hub}.yaml`)).toEqual([
        'fleet.yaml:6:3: sites.miami: "hub" is missing. Write the hub of this site: east or west.',
      ]);
    }
  });

  test("a site with a hub that no environment has", () => {
    write(
      "fleet.yaml",
      base.replace("miami: { profile: pc, hub: east }", "miami: { profile: pc, hub: eats }"),
    );
    const [mistake, ...others] = mistakesOf("environments/west.yaml");
    expect(mistake).toMatch(/^fleet\.yaml:6:30: sites\.miami\.hub: .*"eats".*east/);
    expect(others).toEqual([]);
    // It may be the one that cannot be read.
    write("environments/east.yaml", "fleet: [");
    expect(mistakesOf("environments/west.yaml")).toEqual([]);
  });

  test("a hub that no site has, or has any more, is synthesized with a note", async () => {
    write("environments/north.yaml", environment("north"));
    const { fleet, notes } = load("north");
    expect(notes.map(formatMistake).map((note) => note.replaceAll(`${folder}/`, ""))).toEqual([
      "environments/north.yaml:5:14: hub.name: no site has hub: north, so this hub has no device.",
    ]);
    expect(fleet.devices).toEqual([]);
    const state = await synthesizeState(fleet, publicKeysOf(fleet));
    expect(state.has("root.yaml")).toBe(true);
    expect(mistakesOf("environments/east.yaml")).toEqual([]);
  });
});
