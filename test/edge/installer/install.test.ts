import { describe, expect, it } from "vitest";
import { installConfig } from "../../../edge/installer/install.ts";
import type { Device } from "../../../fleet/model/fleet.ts";
import { context } from "../parts/context.ts";

function unitsOf(device: Device): readonly string[] {
  const { fleet } = context("kiosk-01");
  return (installConfig(fleet, device, "{}\n").systemd?.units ?? []).map(
    ({ contents }) => contents ?? "",
  );
}

describe("the installation medium", () => {
  it("carries the device's Ignition as it is, for root's eyes only", () => {
    const { fleet, device } = context("kiosk-01");
    expect(installConfig(fleet, device, "{}\n").storage).toEqual({
      files: [{ path: "/etc/flotilla/device.ign", mode: 0o600, contents: { inline: "{}\n" } }],
    });
  });

  it("installs on the profile's disk with the profile's kernel arguments", () => {
    const { device } = context("kiosk-01");
    const kernelArguments = ["console=ttyS0,115200n8", 'dyndbg="file x +p" 5%'];
    const profile = { ...device.profile, kernelArguments };
    expect(unitsOf({ ...device, profile })[1]).toContain(
      "\nExecStart=/usr/bin/coreos-installer install /dev/mmcblk0 " +
        "--ignition-file /etc/flotilla/device.ign --append-karg console=ttyS0,115200n8 " +
        String.raw`--append-karg "dyndbg=\"file x +p\" 5%%"` +
        "\n",
    );
  });

  it("tries once, and restarts only after success", () => {
    const [failed = "", install = ""] = unitsOf(context("store-01").device);
    const commands = install.split("\n").filter((line) => line.startsWith("ExecStart="));
    expect(commands.at(-1)).toBe("ExecStart=/usr/bin/systemctl --no-block reboot");
    expect(install).toContain("\nType=oneshot\n");
    expect(install).toContain("\nOnFailure=flotilla-install-failed.service\n");
    expect(`${install}${failed}`).not.toContain("\nRestart=");
    expect(failed).toContain("store-01 is NOT installed on /dev/sda.");
    expect(failed).not.toContain("reboot");
  });
});
