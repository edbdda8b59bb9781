/** What upgrades in a fleet file become; what is wrong with them stands in `bad/upgrades-*`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { emptyLock, formatLock, withPins } from "../../../fleet/lock/lock.ts";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { calendarsOf } from "../../../fleet/rules/calendar.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-upgrades-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fleetOf(maintenance: string, k3s: string): Fleet {
  const file = join(folder, "fleet.yaml");
  writeFileSync(
    file,
    `fleet: harbor
domain: edge.harbor.example
repository: { url: https://git.harbor.example/state.git }
cloud: { provider: google, project: harbor-edge-hub, region: us-east1 }
rings: [canary, stable]
${k3s}
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda }
sites:
  boston: { timeZone: America/New_York, profile: mini-pc, maintenance: ${maintenance} }
  quincy:
    timeZone: America/New_York
    profile: mini-pc
    maintenance: { days: [Wed, Tue], lengthMinutes: 90, workloads: window }
devices:
  store-01: { site: boston, ring: canary }
  store-02: { site: quincy, ring: canary }
  store-03: { site: boston, ring: stable }
workloads:
  telemetry: { versions: { canary: 1.9.0, stable: 1.9.0 } }
`,
  );
  writeFileSync(join(folder, "fleet.lock.yaml"), formatLock(lock));
  return loadFleet(file).fleet;
}

const empty = emptyLock("harbor", "100.64.0.0/16");
const { k3s: pinned } = empty.pins;
const next = { binary: { x86_64: "1".repeat(64), aarch64: "2".repeat(64) } };
const lock = withPins(empty, { k3s: { ...pinned, upgrades: { "v1.37.0+k3s2": next } } });

const k3s = "k3s: { versions: { stable: v1.36.4+k3s1, canary: v1.37.0+k3s2 } }";

test("without versions K3s stays as it is", () => {
  expect(fleetOf("{ days: [Tue] }", "").k3s).toBeNull();
});

test("versions are in ring order", () => {
  const { versions } = fleetOf("{ days: [Tue] }", k3s).k3s ?? expect.fail();
  expect([...versions]).toEqual([
    ["canary", "v1.37.0+k3s2"],
    ["stable", "v1.36.4+k3s1"],
  ]);
});

test("a version without hashes in the lock is refused at its line", () => {
  const unknown = k3s.replace("v1.37.0+k3s2", "v1.37.0+k3s3");
  try {
    fleetOf("{ days: [Tue] }", unknown);
    expect.fail();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.mistakes).toMatchObject([
      {
        line: 6,
        path: "k3s.versions.canary",
        message:
          "the lock has no hashes of v1.37.0+k3s3, which devices need to verify it. Run: flotilla pin --only k3s",
      },
    ]);
  }
});

test("maintenance has what was written, and defaults of a window", () => {
  const maintenance = '{ days: [Tue], also: [{ days: [Sun], start: "22:00" }] }';
  const sites = fleetOf(maintenance, k3s).devices.map(({ site }) => site.maintenance);
  expect(sites[0]).toEqual({
    days: ["Tue"],
    start: "02:00",
    lengthMinutes: 120,
    also: [{ days: ["Sun"], start: "22:00", lengthMinutes: 120 }],
  });
  expect(sites[1]).toEqual({
    days: ["Wed", "Tue"],
    start: "02:00",
    lengthMinutes: 90,
    workloads: "window",
  });
});

test("sites with the same windows in the same zone have one calendar in a ring", () => {
  const same = fleetOf("{ days: [Tue, Wed], lengthMinutes: 90 }", k3s);
  expect(calendarsOf(same, "canary")).toHaveLength(1);
  expect(calendarsOf(same, "canary")).toEqual(calendarsOf(same, "stable"));
  const other = fleetOf("{ days: [Tue, Wed] }", k3s);
  expect(calendarsOf(other, "canary")).toHaveLength(2);
  expect(calendarsOf(other, "stable")).toHaveLength(1);
});
