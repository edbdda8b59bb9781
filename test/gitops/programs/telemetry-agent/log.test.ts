/** The filter of log lines, by LuaJIT, which Fluent Bit runs it by. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const script = join(import.meta.dirname, "../../../../gitops/programs/telemetry-agent/log.lua");
const isMissing = spawnSync("luajit", ["-v"]).error !== undefined;
const reason = isMissing ? " (SKIPPED: there is no luajit; run test/peers/build.sh debian)" : "";

let folder: string;
let budget: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-log-"));
  budget = join(folder, "budget");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the filter over what `code` gives to `feed(record)`; each answer is a line of keys. */
function filter(code: string, bytesPerDay = 1_000_000): string[] {
  const driver = join(folder, "driver.lua");
  writeFileSync(
    driver,
    `local real = os.date
day = "2026-11-28"
os.date = function(form) return form == "!%Y-%m-%d" and day or real(form) end
dofile(${JSON.stringify(script)})
function feed(record)
  local code, time, result = log("log.x", 12.5, record)
  assert(time == 12.5)
  if code == -1 then return print("dropped") end
  local parts = {}
  for key, value in pairs(result) do parts[#parts + 1] = key .. "=" .. value:sub(1, 60) end
  table.sort(parts)
  print(code .. " " .. table.concat(parts, " "))
end
${code}
`,
  );
  const env = {
    PATH: process.env["PATH"],
    LOG_BYTES_PER_DAY: String(bytesPerDay),
    BUDGET_FILE: budget,
  };
  return execFileSync("luajit", [driver], { env, encoding: "utf8" }).trimEnd().split("\n");
}

describe.skipIf(isMissing)(`log.lua${reason}`, () => {
  test("a line of the journal has its unit, and one of a container its pod", () => {
    const file = `/var/log/containers/till-1_pos_podinfo-${"ab".repeat(32)}.log`;
    const lines = filter(`
      feed({ MESSAGE = "up", _SYSTEMD_UNIT = "k3s.service", SYSLOG_IDENTIFIER = "k3s", PRIORITY = "6", _PID = "1" })
      feed({ log = "sold", stream = "stdout", file = "${file}", time = "x" })
      feed({ log = "odd", file = "/somewhere" })
      feed({ MESSAGE = 5 })`);
    expect(lines).toEqual([
      "2 identifier=k3s log=up priority=6 unit=k3s.service",
      "2 container=podinfo log=sold namespace=pos pod=till-1 stream=stdout",
      "2 log=odd",
      "2 log=5",
    ]);
  });

  test("debug messages are dropped and cost nothing", () => {
    const lines = filter(
      `
      for _ = 1, 100 do feed({ MESSAGE = "x", PRIORITY = "7" }) end
      feed({ MESSAGE = "last" })`,
      200,
    );
    expect(lines.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => "dropped"));
    expect(lines[100]).toBe("2 log=last");
  });

  test("a line is cut off at 16,384 bytes", () => {
    expect(
      filter(`
        local _, _, result = log("log.x", 1, { log = ("x"):rep(20000) })
        print(#result.log)`),
    ).toEqual(["16384"]);
  });

  test("beyond the budget one line says so, and the next day lines go on", () => {
    const lines = filter(
      `
      for _ = 1, 4 do feed({ log = ("x"):rep(40) }) end
      day = "2026-11-29"
      feed({ log = "good morning" })`,
      450,
    );
    expect(lines).toEqual([
      `2 log=${"x".repeat(40)}`,
      `2 log=${"x".repeat(40)}`,
      expect.stringMatching(/^2 identifier=flotilla-telemetry log=The day's 0 MB .* priority=4$/),
      "dropped",
      "2 log=good morning",
    ]);
  });

  test("what the day has used is on the disk, and counts after a restart", () => {
    filter(`for _ = 1, 10 do feed({ log = ("x"):rep(10000) }) end`);
    const [day, used] = readFileSync(budget, "utf8").split(" ");
    expect(day).toBe("2026-11-28");
    expect(Number(used)).toBeGreaterThan(100_000 - 65_536);
    writeFileSync(budget, "2026-11-28 999900\n");
    expect(filter(`feed({ log = "x" })`)[0]).toContain("The day's 1 MB of logs are used up");
    writeFileSync(budget, "2026-11-27 999900\n");
    expect(filter(`feed({ log = "x" })`)).toEqual(["2 log=x"]);
    writeFileSync(budget, "damaged");
    expect(filter(`feed({ log = "x" })`)).toEqual(["2 log=x"]);
  });

  test("a disk that takes no file keeps no line back", () => {
    budget = join(folder, "missing", "budget");
    expect(filter(`for _ = 1, 3 do feed({ log = "x" }) end`)).toEqual([
      "2 log=x",
      "2 log=x",
      "2 log=x",
    ]);
    expect(existsSync(budget)).toBe(false);
  });
});
