import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ButaneConfig } from "../../../edge/butane/config.ts";
import type { Installation } from "../../../edge/installer/installation.ts";
import { nestedInstall } from "../../../edge/installer/nested-install.ts";

const till: Installation = {
  name: "store-01",
  title: "store-01 of fleet harbor",
  disk: "/dev/sda",
  kernelArguments: [],
  keyfiles: new Map<string, string>(),
  ignition: "{}\n",
};

const configOf = (installation: Installation) =>
  parse(nestedInstall(installation).butane, { version: "1.1" }) as ButaneConfig;

function unitsOf(installation: Installation): readonly string[] {
  return (configOf(installation).systemd?.units ?? []).map(({ contents }) => contents ?? "");
}

describe("the nested configuration", () => {
  test("carries the device's Ignition as it is, for root alone", () => {
    expect(configOf(till).storage).toEqual({
      files: [{ path: "/etc/flotilla/device.ign", mode: 0o600, contents: { inline: "{}\n" } }],
    });
  });

  test("installs on the device's disk with the device's kernel arguments", () => {
    const kernelArguments = ["console=ttyS0,115200n8", 'dyndbg="file x +p" 5%'];
    expect(unitsOf({ ...till, disk: "/dev/mmcblk0", kernelArguments })[1]).toContain(
      "\nExecStart=/usr/bin/coreos-installer install /dev/mmcblk0 " +
        "--ignition-file /etc/flotilla/device.ign --copy-network --append-karg console=ttyS0,115200n8 " +
        String.raw`--append-karg "dyndbg=\"file x +p\" 5%%"` +
        "\n",
    );
  });

  test("tries once, and restarts only after success", () => {
    const [failed = "", install = ""] = unitsOf(till);
    const commands = install.split("\n").filter((line) => line.startsWith("ExecStart="));
    expect(commands.at(-1)).toBe("ExecStart=/usr/bin/systemctl --no-block reboot");
    expect(install).toContain("\nType=oneshot\n");
    expect(install).toContain("\nOnFailure=flotilla-install-failed.service\n");
    expect(`${install}${failed}`).not.toContain("\nRestart=");
    expect(failed).toContain("store-01 is NOT installed on /dev/sda.");
    expect(failed).not.toContain("reboot");
  });
});
