/** systemd's own opinion of the units that a device gets. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { ButaneConfig } from "../../../edge/butane/config.ts";
import { installationOf } from "../../../edge/installer/installation.ts";
import { liveInstall } from "../../../edge/installer/live-install.ts";
import { nestedInstall } from "../../../edge/installer/nested-install.ts";
import { composed, sampleDevice } from "../devices.ts";

const verify = (files: readonly string[]) =>
  spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", ...files], {
    encoding: "utf8",
    env: { ...process.env, SYSTEMD_LOG_LEVEL: "warning" },
  });

test.skipIf(verify([]).error !== undefined)("systemd-analyze has nothing to say (needs it)", () => {
  const folder = mkdtempSync(join(tmpdir(), "units-"));
  const device = composed(sampleDevice("store-01"));
  const installation = installationOf(device);
  const live = JSON.parse(Buffer.from(liveInstall(installation)).toString()) as ButaneConfig;
  const nested = parse(nestedInstall(installation).butane, { version: "1.1" }) as ButaneConfig;
  // One folder each: two of the units have the same name.
  const files = [device.toConfig(), live, nested].flatMap(({ systemd }, index) => {
    const place = join(folder, String(index));
    mkdirSync(place);
    return (systemd?.units ?? []).flatMap(({ name, contents }) => {
      if (!contents) return [];
      const file = join(place, name);
      // The programs are the device's, not this machine's.
      const programs = /^(Exec\w+=-?)\/\S+/gm;
      writeFileSync(file, contents.replaceAll(programs, "$1/bin/true"));
      return [file];
    });
  });
  expect(files.length).toBeGreaterThan(7);
  for (const file of files) {
    const { status, stderr } = verify([file]);
    expect([status, stderr], file).toEqual([0, ""]);
  }
  rmSync(folder, { recursive: true });
});
