/**
 * Runs the layering script with stand-ins for rpm, rpm-ostree and systemctl, boot after boot.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConsoleMessages, sayCommand } from "../../../edge/parts/console-messages.ts";
import { SelinuxPolicy, selinuxStamp, selinuxUnit } from "../../../edge/parts/selinux-policy.ts";
import { bareDevice, inlineOf, unitOf } from "../devices.ts";

const device = bareDevice();
new ConsoleMessages(device, "console-messages");
new SelinuxPolicy(device, "selinux-policy");
const script = inlineOf(device, "/usr/local/bin/layer-k3s-selinux");
const unit = unitOf(device, selinuxUnit);

let folder: string;
const inFolder = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layering-"));
  const standIn = (name: string, body: string) =>
    writeFileSync(inFolder(name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  standIn("rpm", `test -e ${inFolder("booted-with-policy")}`);
  standIn(
    "rpm-ostree",
    `echo rpm-ostree "$@" >>${inFolder("log")}; test -e ${inFolder("network")}`,
  );
  standIn("systemctl", `echo systemctl "$@" >>${inFolder("log")}`);
  standIn("say", `echo "$@" >>${inFolder("said")}`);
  const stampFolder = dirname(selinuxStamp);
  const text = script
    .replaceAll(selinuxStamp, inFolder("state/stamp"))
    .replaceAll(stampFolder, inFolder("state"))
    .replaceAll(sayCommand, "say");
  writeFileSync(inFolder("script"), text, { mode: 0o755 });
});

afterEach(() => rmSync(folder, { recursive: true }));

/** One start of the unit; its exit status and the commands that it gave. */
function start(): { readonly status: number | null; readonly commands: readonly string[] } {
  writeFileSync(inFolder("log"), "");
  const path = `${folder}${delimiter}${process.env["PATH"]}`;
  const { status } = spawnSync(inFolder("script"), { env: { ...process.env, PATH: path } });
  const commands = readFileSync(inFolder("log"), "utf8").split("\n").filter(Boolean);
  return { status, commands };
}

/** What the screen has shown since the test began. */
const said = () => readFileSync(inFolder("said"), "utf8").trimEnd().split("\n");

const install = "rpm-ostree install --assumeyes --idempotent --allow-inactive k3s-selinux";
const restart = "systemctl --no-block reboot";

test("the unit runs the script until there is a stamp, before Zincati's transactions", () => {
  expect(unit).toContain("\nExecStart=/usr/local/bin/layer-k3s-selinux\n");
  expect(unit).toContain(`\nConditionPathExists=!${selinuxStamp}\n`);
  expect(unit).toContain("\nBefore=zincati.service\n");
});

test("it needs the command that prints on the console", () => {
  const alone = bareDevice();
  new SelinuxPolicy(alone, "selinux-policy");
  expect(alone.validate()).toEqual([
    `store-01: store-01/selinux-policy needs the path ${sayCommand}. Add ConsoleMessages to the device.`,
  ]);
});

describe("layering the policy", () => {
  test("installs, restarts, and only then writes the stamp", () => {
    writeFileSync(inFolder("network"), "");
    expect(start()).toEqual({ status: 0, commands: [install, restart] });
    expect(existsSync(inFolder("state/stamp"))).toBe(false);
    writeFileSync(inFolder("booted-with-policy"), "");
    expect(start()).toEqual({ status: 0, commands: [] });
    expect(existsSync(inFolder("state/stamp"))).toBe(true);
    expect(said()).toEqual([
      "First start, step 1 of 2: adding the SELinux policy of K3s. Do not switch off.",
      "First start, step 2 of 2: restarting once.",
      "Starting K3s.",
    ]);
  });

  test("fails without network, so that systemd tries again, and doesn't restart", () => {
    expect(start()).toEqual({ status: 1, commands: [install] });
    expect(existsSync(inFolder("state/stamp"))).toBe(false);
    expect(said().at(-1)).toBe("That failed: is the network there? Trying again in 30 seconds.");
    expect(unit).toContain("\nRestartSec=30s\n");
    writeFileSync(inFolder("network"), "");
    expect(start()).toEqual({ status: 0, commands: [install, restart] });
  });

  test("does its work again after a power cut before the restart", () => {
    writeFileSync(inFolder("network"), "");
    start();
    expect(start()).toEqual({ status: 0, commands: [install, restart] });
  });
});
