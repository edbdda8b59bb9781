/** Runs the script with stand-ins for systemctl and rpm. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UpdateReport } from "../../../edge/parts/update-report.ts";
import { bareDevice, inlineOf, unitOf } from "../devices.ts";

const device = bareDevice();
new UpdateReport(device, "update-report");

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "update-report-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** What systemd reports about a unit. */
interface UnitState {
  readonly active: string;
  readonly sub: string;
  readonly restarts: number;
}

const state = (active: string, sub: string, restarts = 0): UnitState => ({ active, sub, restarts });
const healthy: Readonly<Record<string, UnitState>> = {
  "zincati.service": state("active", "running"),
  // Started by D-Bus, and ends when it is idle.
  "rpm-ostreed.service": state("inactive", "dead"),
  "k3s-selinux.service": state("active", "exited"),
};

/** What the script writes where systemd says this, and the policy is layered or not. */
function report(units: Readonly<Record<string, UnitState>>, isLayered = true): string {
  const standIn = (name: string, body: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const answers = Object.entries({ ...healthy, ...units }).flatMap(
    ([unit, { active, sub, restarts }]) =>
      Object.entries({ ActiveState: active, SubState: sub, NRestarts: restarts }).map(
        ([property, value]) => `"show --property=${property} --value ${unit}") echo ${value} ;;`,
      ),
  );
  standIn("systemctl", `case "$*" in\n${answers.join("\n")}\n*) exit 1 ;;\nesac`);
  standIn("rpm", isLayered ? "exit 0" : "exit 1");
  standIn("script", inlineOf(device, "/usr/local/bin/report-updates").replace(/^#!.*\n/, ""));
  const written = join(folder, "state");
  const environment = { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  const { status, stderr } = spawnSync(
    "bash",
    [join(folder, "script"), written, join(folder, "run")],
    { env: environment, encoding: "utf8" },
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect(readdirSync(written)).toEqual(["updates.prom"]);
  // node_exporter is another user.
  expect(statSync(join(written, "updates.prom")).mode & 0o777).toBe(0o644);
  return readFileSync(join(written, "updates.prom"), "utf8");
}

const failed = (unit: string) => `node_flotilla_unit_failed{unit="${unit}"} 1\n`;

test("a device that can update itself", () => {
  expect(report({})).toBe(
    'node_flotilla_unit_failed{unit="zincati.service"} 0\n' +
      'node_flotilla_unit_failed{unit="rpm-ostreed.service"} 0\n' +
      'node_flotilla_unit_failed{unit="k3s-selinux.service"} 0\n' +
      'node_flotilla_layer_missing{package="k3s-selinux"} 0\n',
  );
});

// Zincati and the layering have Restart=on-failure without a limit: they are never "failed".
test.each([
  ["rpm-ostreed.service", state("failed", "failed")],
  ["zincati.service", state("failed", "failed")],
  ["zincati.service", state("activating", "auto-restart", 7)],
  ["zincati.service", state("activating", "auto-restart-queued", 7)],
  ["zincati.service", state("active", "running", 7)],
  ["zincati.service", state("inactive", "dead")],
  ["k3s-selinux.service", state("activating", "auto-restart", 3)],
  ["k3s-selinux.service", state("activating", "start", 3)],
])("%s failed: %j", (unit, found) => {
  expect(report({ [unit]: found })).toContain(failed(unit));
});

test.each([
  // The condition of the unit says that the policy is layered already.
  ["k3s-selinux.service", state("inactive", "dead")],
  ["k3s-selinux.service", state("activating", "start")],
  ["rpm-ostreed.service", state("active", "running")],
])("%s did not fail: %j", (unit, found) => {
  expect(report({ [unit]: found })).not.toContain(failed(unit));
});

test("a unit that was restarted has failed until it runs from one report to the next", () => {
  const zincati = (restarts: number) =>
    report({ "zincati.service": state("active", "running", restarts) });
  const found = [0, 40, 97, 97, 97, 98].map((restarts) =>
    zincati(restarts).includes(failed("zincati.service")),
  );
  expect(found).toEqual([false, true, true, false, false, true]);
});

test("the policy is no longer layered", () => {
  expect(report({}, false)).toContain('node_flotilla_layer_missing{package="k3s-selinux"} 1\n');
});

test("a timer runs it, soon after the start and then regularly", () => {
  const timer = unitOf(device, "flotilla-update-report.timer");
  expect(timer).toContain("\nOnBootSec=5min\nOnUnitActiveSec=10min\n");
  const service = unitOf(device, "flotilla-update-report.service");
  expect(service).toContain("\nExecStart=/usr/local/bin/report-updates\n");
});
