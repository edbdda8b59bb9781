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

/** What the script writes where one unit has failed, and the policy is layered or not. */
function report(failedUnit: string, isLayered: boolean): string {
  const standIn = (name: string, body: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  standIn("systemctl", `[ "$*" = "is-failed --quiet ${failedUnit}" ]`);
  standIn("rpm", isLayered ? "exit 0" : "exit 1");
  standIn("script", inlineOf(device, "/usr/local/bin/report-updates").replace(/^#!.*\n/, ""));
  const state = join(folder, "state");
  const environment = { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  const { status } = spawnSync("bash", [join(folder, "script"), state], { env: environment });
  expect(status).toBe(0);
  expect(readdirSync(state)).toEqual(["updates.prom"]);
  // node_exporter is another user.
  expect(statSync(join(state, "updates.prom")).mode & 0o777).toBe(0o644);
  return readFileSync(join(state, "updates.prom"), "utf8");
}

test("a device that can update itself", () => {
  expect(report("none", true)).toBe(
    'node_flotilla_unit_failed{unit="zincati.service"} 0\n' +
      'node_flotilla_unit_failed{unit="rpm-ostreed.service"} 0\n' +
      'node_flotilla_unit_failed{unit="k3s-selinux.service"} 0\n' +
      'node_flotilla_layer_missing{package="k3s-selinux"} 0\n',
  );
});

test.each(["zincati.service", "rpm-ostreed.service", "k3s-selinux.service"])(
  "%s failed",
  (unit) => {
    expect(report(unit, true)).toContain(`node_flotilla_unit_failed{unit="${unit}"} 1\n`);
  },
);

test("the policy is no longer layered", () => {
  expect(report("none", false)).toContain('node_flotilla_layer_missing{package="k3s-selinux"} 1\n');
});

test("a timer runs it, soon after the start and then regularly", () => {
  const timer = unitOf(device, "flotilla-update-report.timer");
  expect(timer).toContain("\nOnBootSec=5min\nOnUnitActiveSec=10min\n");
  const service = unitOf(device, "flotilla-update-report.service");
  expect(service).toContain("\nExecStart=/usr/local/bin/report-updates\n");
});
