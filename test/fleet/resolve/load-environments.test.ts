/** A fleet of an environment is that of the merged file, whatever is written where. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { isMapping, mergeValues, type Values } from "../../../fleet/model/values.ts";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { grammar } from "../../../gitops/grammar.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const whole: Values = {
  fleet: "harbor",
  domain: "edge.harbor.example",
  repository: { url: "https://git.harbor.example/state.git", branch: "main" },
  cloud: { provider: "google", project: "harbor-hub", region: "us-east1" },
  rings: ["canary", "stable"],
  access: { sshKeys: [], administrators: ["user:ada@harbor.example"] },
  profiles: { pc: { architecture: "x86_64", disk: "/dev/sda", labels: { role: "till" } } },
  sites: { north: { profile: "pc", timeZone: "Europe/Dublin" }, south: { profile: "pc" } },
  devices: {
    "store-{01..03}": { site: "north", overrides: { "store-02": { labels: { size: "small" } } } },
    depot: { site: "south", ring: "canary" },
  },
  workloads: {
    telemetry: { versions: { canary: "1.9.1", stable: "1.9.0" } },
  },
};

type Halves = readonly [base: Values, top: Values];

/** Each key is in the base, in the overlay, or in both; then the base's value is another one. */
function halves(values: Values): fc.Arbitrary<Halves> {
  const parts = Object.entries(values).map(([key, value]) =>
    half(value).map((pair) => [key, pair] as const),
  );
  return fc.tuple(...parts).map((pairs) => {
    const side = (index: 0 | 1): Values =>
      Object.fromEntries(
        pairs.flatMap(([key, pair]) => (pair[index] === undefined ? [] : [[key, pair[index]]])),
      );
    return [side(0), side(1)];
  });
}

function half(value: unknown): fc.Arbitrary<readonly [unknown, unknown]> {
  const other = fc.constantFrom<unknown>("other", 7, true, ["x"]);
  const wholes: fc.Arbitrary<readonly [unknown, unknown]>[] = [
    fc.constant([value, undefined] as const),
    fc.constant([undefined, value] as const),
    other.map((before) => [before, value] as const),
  ];
  return isMapping(value) && Object.keys(value).length > 0
    ? fc.oneof(...wholes, { weight: 4, arbitrary: halves(value) })
    : fc.oneof(...wholes);
}

function load(files: Readonly<Record<string, string>>, fleetFile: string): unknown {
  rmSync(folder, { recursive: true });
  mkdirSync(join(folder, "environments"), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  const { environment: _, ...fleet } = loadFleet(join(folder, fleetFile), grammar).fleet;
  // Where each one is written is the second test's.
  return { ...fleet, workloads: fleet.workloads.map(({ place: _place, ...workload }) => workload) };
}

test("any division of a fleet file gives the same fleet", () => {
  fc.assert(
    fc.property(halves(whole), fc.boolean(), ([some, others], removes) => {
      expect(mergeValues(some, others)).toEqual(whole);
      // A complete base would be a fleet by itself, with the same name.
      const { fleet: _, ...base } = some;
      const top = { ...others, fleet: whole["fleet"] };
      // What an overlay removes can be anything.
      const removed = removes ? { workloads: { gone: { versions: 1 } }, gone: { a: 1 } } : {};
      const nulls = removes ? { workloads: { gone: null }, gone: null } : {};
      const files = {
        "fleet.yaml": stringify(mergeValues(removed, base)),
        "environments/one.yaml": stringify(mergeValues(nulls, top)),
      };
      const merges = isMapping(base["workloads"]) || base["workloads"] === undefined;
      if (!merges && removes) return;
      // New devices get their addresses in the order of the file.
      const expected = load({ "fleet.yaml": stringify(mergeValues(base, top)) }, "fleet.yaml");
      expect(load(files, "environments/one.yaml")).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("each mistake is at the line of the file that it is in, whichever that is", () => {
  const wrong = mergeValues(whole, {
    cloud: { region: "us_east1" },
    sites: { north: { timeZone: "Mars" } },
    devices: { depot: { ring: "canry" } },
    workloads: { telemetry: { versions: { stable: 1.5 } } },
  });
  const paths = [
    "cloud.region",
    "devices.depot.ring",
    "sites.north.timeZone",
    "workloads.telemetry.versions.stable",
  ];
  const words: Readonly<Record<string, string>> = {
    "cloud.region": "us_east1",
    "devices.depot.ring": "canry",
    "sites.north.timeZone": "Mars",
    "workloads.telemetry.versions.stable": "1.5",
  };
  fc.assert(
    fc.property(halves(wrong), ([base, top]) => {
      const files: Record<string, string> = {
        "fleet.yaml": stringify(base),
        "environments/one.yaml": stringify(top),
      };
      let mistakes: InputError["mistakes"] = [];
      try {
        load(files, "environments/one.yaml");
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        ({ mistakes } = error);
      }
      expect(mistakes.map(({ path }) => path).toSorted()).toEqual(paths);
      for (const { file, line = 0, column = 0, path = "" } of mistakes) {
        const text = files[file.slice(folder.length + 1)] ?? "";
        expect((text.split("\n")[line - 1] ?? "").slice(column - 1)).toBe(words[path]);
      }
    }),
    { numRuns: 60 },
  );
});

test("null removes a key of fleet.yaml at its place, or else what an earlier level says", () => {
  const roleOf = (labels: Readonly<Record<string, string>>): unknown => {
    const { fleet: _, ...base } = mergeValues(whole, { devices: { depot: { labels } } });
    const top = { fleet: "harbor", devices: { depot: { labels: { role: null } } } };
    const texts = {
      "fleet.yaml": stringify(base),
      "environments/one.yaml": stringify(top),
    };
    const { devices } = load(texts, "environments/one.yaml") as Pick<Fleet, "devices">;
    return devices.find(({ name }) => name === "depot")?.labels;
  };
  expect(roleOf({ role: "store" })).toEqual({ role: "till" });
  expect(roleOf({ size: "large" })).toEqual({ size: "large" });
});
