/** Time zones: every file of zoneinfo is accepted, and nothing that is not one. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { timeZone } from "../../../fleet/grammar/time-zone.ts";

const problem = (zone: string) => timeZone.safeParse(zone).error?.issues[0]?.message;

test.each([
  ["Europe/Berln", "Europe/Berlin"],
  ["europe/berlin", "Europe/Berlin"],
  ["EUROPE/BERLIN", "Europe/Berlin"],
  ["Europe/berlin", "Europe/Berlin"],
  ["Berlin", "Europe/Berlin"],
  ["berlin", "Europe/Berlin"],
  ["Europe/Berlin ", "Europe/Berlin"],
  ["America/New York", "America/New_York"],
  ["America/New-York", "America/New_York"],
  ["New York", "America/New_York"],
  ["Los Angelos", "America/Los_Angeles"],
  ["Asia/kolkata", "Asia/Kolkata"],
  ["Kyiv", "Europe/Kyiv"],
  ["utc", "UTC"],
  ["us/eastern", "America/New_York"],
  ["UTC+2", "Etc/GMT-2"],
  ["+02:00", "Etc/GMT-2"],
  ["GMT-05:00", "Etc/GMT+5"],
  ["PST", undefined],
  ["JST", undefined],
  ["ACT", undefined],
  ["SystemV/PST8", undefined],
  ["Mars/Olympus", undefined],
  ["", undefined],
  ["Europe/", undefined],
  ["Europe/Berlin".repeat(1000), undefined],
  ["../../etc/passwd", undefined],
])("%j is refused; what was meant: %s", (zone, meant) => {
  const message = problem(zone);
  expect(message).toMatch(
    / is not a valid time zone\. .*Write an IANA name, like America\/New_York\.$/,
  );
  if (meant !== undefined) expect(message).toContain(`Did you mean ${meant}?`);
  else expect(message).not.toContain("Did you mean");
});

test.each([
  "UTC",
  "America/New_York",
  "Asia/Kolkata",
  "Asia/Calcutta",
  "Europe/Kyiv",
  "US/Eastern",
])("%s is accepted", (zone) => {
  expect(problem(zone)).toBeUndefined();
});

const database = "/usr/share/zoneinfo/tzdata.zi";

test.skipIf(!existsSync(database))("every name of the IANA's database (needs tzdata)", () => {
  const names = readFileSync(database, "utf8")
    .split("\n")
    .flatMap((line) => /^(?:Z (\S+)|L \S+ (\S+))/.exec(line)?.slice(1) ?? [])
    .filter((name) => name !== undefined && name !== "Factory");
  expect(names.length).toBeGreaterThan(400);
  expect(names.filter((name) => problem(name) !== undefined)).toEqual([]);
  const others = names.flatMap((name) => [name.toLowerCase(), name.toUpperCase()]);
  expect(others.filter((name) => !names.includes(name) && problem(name) === undefined)).toEqual([]);
});
