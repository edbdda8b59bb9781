/** systemd's own opinion of the units that a device gets. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installConfig } from "../../../edge/installer/install.ts";
import { composed, sampleDevice } from "../devices.ts";

const verify = (files: readonly string[]) =>
  spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", ...files], {
    encoding: "utf8",
    env: { ...process.env, SYSTEMD_LOG_LEVEL: "warning" },
  });

test.skipIf(verify([]).error !== undefined)("systemd-analyze has nothing to say (needs it)", () => {
  const folder = mkdtempSync(join(tmpdir(), "units-"));
  const device = composed(sampleDevice("store-01"));
  const { title, disk, kernelArguments } = device;
  const medium = installConfig({
    name: device.name,
    title,
    disk,
    kernelArguments,
    ignition: "{}",
  });
  const configs = [device.toConfig(), medium];
  const files = configs.flatMap(({ systemd }) =>
    (systemd?.units ?? []).flatMap(({ name, contents }) => {
      if (contents === undefined) return [];
      const file = join(folder, name);
      // The programs are the device's, not this machine's.
      const programs = /^(Exec\w+=-?)\/\S+/gm;
      writeFileSync(file, contents.replaceAll(programs, "$1/bin/true"));
      return [file];
    }),
  );
  expect(files.length).toBeGreaterThan(3);
  const { status, stderr } = verify(files);
  rmSync(folder, { recursive: true });
  expect([status, stderr]).toEqual([0, ""]);
});
