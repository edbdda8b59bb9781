/** A device that has nothing to do: nothing of Flotilla wakes it more often than every ten seconds. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

function filesUnder(folder: string, name: RegExp): string[] {
  return (readdirSync(join(root, folder), { recursive: true }) as string[])
    .filter((path) => name.test(path))
    .map((path) => join(folder, path))
    .toSorted();
}

const units = { "": 1, s: 1, min: 60, h: 3_600, d: 86_400 } as const;

/** Each value of these keys, in seconds. A pattern takes a number and its unit. */
function seconds(file: string, keys: RegExp): number[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(keys)].map(([line, count, unit = ""]) => {
    if (!Object.hasOwn(units, unit)) throw new Error(`${file}: ${line}: unknown unit`);
    return Number(count) * units[unit as keyof typeof units];
  });
}

describe("systemd's timers", () => {
  test.each(filesUnder("edge", /\.timer$/))("%s", (file) => {
    const intervals = seconds(file, /^OnUnit(?:Ina|A)ctiveSec=(\d+)(\w*)$/gm);
    expect(intervals).toHaveLength(1);
    expect(intervals[0]).toBeGreaterThanOrEqual(10);
  });

  test("are all there", () => {
    expect(filesUnder("edge", /\.timer$/).length).toBeGreaterThanOrEqual(6);
  });
});

/** The pods that Flotilla itself brings to a device, as they were last rendered. */
const manifests = [
  ...filesUnder("test/golden/telemetry", /-telemetry-agent\.yaml$/),
  ...filesUnder("test/golden/upgrades/edge", /\.yaml$/),
];

test("probes of pods, scrapes and what Fluent Bit sends", () => {
  const key = /\b(?:periodSeconds|scrape_interval|flush): "?(\d+)(\w*)"?$/gm;
  const intervals = manifests.flatMap((file) => seconds(file, key));
  expect(intervals.length).toBeGreaterThanOrEqual(4);
  expect(Math.min(...intervals)).toBeGreaterThanOrEqual(10);
});

test("the tunnel's keepalive", () => {
  const files = filesUnder("test/golden/edge", /wg-hub\.nmconnection$|\.bu$|\.yaml$/);
  const intervals = files.flatMap((file) => seconds(file, /persistent-keepalive=(\d+)()/g));
  expect(intervals.length).toBeGreaterThanOrEqual(1);
  expect(Math.min(...intervals)).toBeGreaterThanOrEqual(10);
});
