import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { ConsoleMessages, sayCommand } from "../../../edge/parts/console-messages.ts";
import { bareDevice, inlineOf } from "../devices.ts";

test("it prints on the console, above the login prompt and in the journal, and never fails", () => {
  const folder = mkdtempSync(join(tmpdir(), "console-"));
  const inFolder = (name: string) => join(folder, name);
  const device = bareDevice();
  new ConsoleMessages(device, "console-messages");
  const text = inlineOf(device, sayCommand)
    .replaceAll("/etc/issue.d", folder)
    .replaceAll("/dev/console", inFolder("screen"));
  writeFileSync(inFolder("say"), text, { mode: 0o755 });
  // agetty redraws the prompts of a machine; here it only says that it was asked to, and fails.
  const agetty = `#!/bin/sh\necho "$@" >${inFolder("redrawn")}\nexit 1\n`;
  writeFileSync(inFolder("agetty"), agetty, { mode: 0o755 });
  const environment = {
    PATH: `${folder}${delimiter}${process.env["PATH"]}`,
    HOSTNAME: "store-01",
  };
  const { status, stdout } = spawnSync(inFolder("say"), ["K3s is up."], { env: environment });
  const read = (name: string) => readFileSync(inFolder(name), "utf8");
  expect([status, String(stdout)]).toEqual([0, "store-01: K3s is up.\n"]);
  expect(read("50-flotilla.issue")).toBe("store-01: K3s is up.\n\n");
  expect(read("screen")).toBe("\nstore-01: K3s is up.\n");
  expect(read("redrawn")).toBe("--reload\n");
  rmSync(folder, { recursive: true });
});
