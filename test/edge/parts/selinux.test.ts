/**
 * Runs the layering script with stand-ins for rpm, rpm-ostree and systemctl, boot after boot.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sayCommand } from "../../../edge/parts/console.ts";
import { selinux, selinuxStamp } from "../../../edge/parts/selinux.ts";
import { inlineOf } from "./context.ts";

const script = inlineOf(selinux(), "/usr/local/bin/layer-k3s-selinux");

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

/** What the person before the screen was told since the test began. */
const said = () => readFileSync(inFolder("said"), "utf8").trimEnd().split("\n");

const install = "rpm-ostree install --assumeyes --idempotent --allow-inactive k3s-selinux";
const restart = "systemctl --no-block reboot";

describe("layering the policy", () => {
  it("installs, restarts, and only then writes the stamp", () => {
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

  it("fails without network, so that systemd tries again, and doesn't restart", () => {
    expect(start()).toEqual({ status: 1, commands: [install] });
    expect(existsSync(inFolder("state/stamp"))).toBe(false);
    expect(said().at(-1)).toBe("That failed: is the network there? Trying again in 30 seconds.");
    expect(selinux().units?.[0]?.contents).toContain("\nRestartSec=30s\n");
    writeFileSync(inFolder("network"), "");
    expect(start()).toEqual({ status: 0, commands: [install, restart] });
  });

  it("does its work again after a power cut before the restart", () => {
    writeFileSync(inFolder("network"), "");
    start();
    expect(start()).toEqual({ status: 0, commands: [install, restart] });
  });
});
