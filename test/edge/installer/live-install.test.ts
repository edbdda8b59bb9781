import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { installerSettings, liveInstall } from "../../../edge/installer/live-install.ts";
import type { Installation } from "../../../edge/installer/installation.ts";
import { fileInConfig, pathsInConfig } from "../../../edge/iso/contents.ts";

const installation: Installation = {
  name: "store-01",
  title: "store-01 of fleet harbor",
  disk: "/dev/disk/by-id/nvme-Disk one's",
  kernelArguments: ["console=ttyS0,115200n8", "net.ifnames=0"],
  keyfiles: new Map<string, string>(),
  ignition: "{}\n",
};
const ignition = liveInstall(installation);
const file = (path: string) => Buffer.from(fileInConfig(ignition, path) ?? []).toString();
const variables = "/etc/flotilla/installation";

test("what the live system gets", () => {
  expect(pathsInConfig(ignition)).toEqual([
    "/usr/local/bin/pre-install-flotilla",
    "/usr/local/bin/post-install-flotilla",
    variables,
    "/etc/coreos/dest.ign",
    "/etc/coreos/installer.d/0000-customize.yaml",
  ]);
  expect(file("/etc/coreos/dest.ign")).toBe(installation.ignition);
});

test("the installer's arguments", () => {
  const settings = installerSettings(installation);
  expect(file("/etc/coreos/installer.d/0000-customize.yaml")).toBe(settings);
  expect(settings).toBe(
    "ignition-file: /etc/coreos/dest.ign\n" +
      "append-karg:\n- console=ttyS0,115200n8\n- net.ifnames=0\n" +
      "copy-network: true\n" +
      "dest-device: /dev/disk/by-id/nvme-Disk one's\n",
  );
});

describe("what a person at the screen reads", () => {
  /** Runs a hook with the variables that the live system has, and without its pauses. */
  function printed(path: string): string {
    const folder = mkdtempSync(join(tmpdir(), "live-install-"));
    writeFileSync(join(folder, "installation"), file(variables));
    writeFileSync(join(folder, "sleep"), '#!/bin/sh\necho "sleep $*"\n', { mode: 0o755 });
    // The disk is there, and nothing is on it.
    for (const name of ["lsblk", "udevadm"]) {
      writeFileSync(join(folder, name), "#!/bin/sh\n", { mode: 0o755 });
    }
    const input = file(path).replaceAll(variables, join(folder, "installation"));
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
    const text = execFileSync("sh", ["-s"], { input, env }).toString();
    rmSync(folder, { recursive: true });
    return text;
  }

  test("before the installation", () => {
    expect(printed("/usr/local/bin/pre-install-flotilla")).toBe(
      "Installing store-01 on /dev/disk/by-id/nvme-Disk one's.\n" +
        "Everything on that disk is erased. Do not switch off.\n",
    );
  });

  test("after it, with time to remove the medium", () => {
    expect(printed("/usr/local/bin/post-install-flotilla")).toBe(
      "store-01 is installed on /dev/disk/by-id/nvme-Disk one's. Remove the installation medium now.\n" +
        "Restarting in 10 seconds.\nsleep 10\n",
    );
  });

  test("after a failure: the unit that the installer's one starts then", () => {
    const { systemd } = JSON.parse(Buffer.from(ignition).toString()) as {
      systemd: { units: { name: string; contents: string; dropins?: unknown }[] };
    };
    const unit = (name: string) => systemd.units.find((each) => each.name === name);
    const failed = unit("flotilla-install-failed.service")?.contents ?? "";
    expect(failed).toContain(
      '"INSTALLATION FAILED: ${DEVICE} is NOT installed on ${DISK}."'.slice(1, -1),
    );
    expect(failed).toContain(`\nEnvironmentFile=${variables}\n`);
    expect(failed).not.toContain("reboot");
    expect(unit("coreos-installer.service")).toEqual({
      contents: null,
      dropins: [
        {
          name: "flotilla.conf",
          contents: "[Unit]\nOnFailure=flotilla-install-failed.service\n",
        },
      ],
      enabled: null,
      mask: null,
      name: "coreos-installer.service",
    });
  });
});
