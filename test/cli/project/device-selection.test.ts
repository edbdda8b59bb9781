/** Devices by name, pattern, range, site and ring. */
import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { selectDevices, type DeviceFilter } from "../../../cli/project/device-selection.ts";
import { loadWithoutKey } from "../../../cli/project/project.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

async function selection(): Promise<(filter: DeviceFilter) => string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const more = "devices:\n  depot-{08..12}: { site: quay, ring: canary }\n";
  const text = readFileSync(file, "utf8")
    .replace("devices:\n", more)
    .replace("sites:\n", "sites:\n  quay: { timeZone: Europe/Dublin, profile: mini-pc }\n");
  writeFileSync(file, text);
  const { fleet } = await loadWithoutKey(file);
  return (filter) => {
    try {
      return selectDevices({ fleet }, "f", filter)
        .map(({ name }) => name)
        .join(" ");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.message;
    }
  };
}

test("every condition holds, and each device is once in the order of the fleet", async () => {
  const select = await selection();
  const all = "cafe-01 cafe-02 cafe-03 depot-08 depot-09 depot-10 depot-11 depot-12";
  const of = (...words: string[]) => select({ words });
  expect(select({})).toBe(all);
  expect(of("depot-{09..11}")).toBe("depot-09 depot-10 depot-11");
  expect(of("depot-{10..10}", "cafe-02", "depot-1?")).toBe("cafe-02 depot-10 depot-11 depot-12");
  expect(select({ ring: "canary" })).toBe(`cafe-01 ${all.slice(24)}`);
  expect(select({ site: "quay" })).toBe(all.slice(24));
  expect(select({ words: ["*1"], site: "quay", ring: "canary" })).toBe("depot-11");
});

test("what selects nothing says what there is", async () => {
  const select = await selection();
  const of = (...words: string[]) => select({ words });
  expect(of("depot-{07..09}")).toBe(
    'f: this fleet has no device "depot-07". Did you mean depot-08?',
  );
  expect(of("depot-{9..8}")).toBe('f: the range "depot-{9..8}" is reversed. Write depot-{8..9}.');
  expect(of("depot-{a..b}")).toMatch(/^f: "depot-\{a\.\.b\}" is not a valid range\. /);
  expect(of("depot-{1..99999999999}")).toMatch(/has 99999999999 devices/);
  expect(select({ site: "quai" })).toBe('f: no device has the site "quai". Did you mean quay?');
  expect(select({ site: "quai", ring: "x" }).split("\n")).toHaveLength(2);
  expect(select({ site: "quay", ring: "stable" })).toBe(
    "f: none of the devices is at site quay and in ring stable. Give other devices",
  );
});
