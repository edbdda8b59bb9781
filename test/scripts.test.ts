/** Shell, Lua and nftables rules of the whole repository, checked by the tools of each language. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { peerPath } from "./peers/peers.ts";

const root = join(import.meta.dirname, "..");

const files = execFileSync(
  "git",
  ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  {
    cwd: root,
    encoding: "utf8",
  },
)
  .split("\0")
  .filter((file) => file !== "" && existsSync(join(root, file)));

const isShell = (file: string) =>
  file.endsWith(".sh") || (file.startsWith(".ci/") && /^#!.*\bbash\b/.test(firstLine(file)));
const firstLine = (file: string) => readFileSync(join(root, file), "utf8").split("\n", 1)[0] ?? "";

const isPortable = (file: string) => file.endsWith(".sh") && firstLine(file) === "#!/bin/sh";
const busybox = peerPath("emulator-debian-12/busybox");

const languages = [
  { name: "shell", files: files.filter(isShell), command: ["shellcheck"] },
  // What the images of the hub's and the devices' pods run these by.
  { name: "POSIX shell", files: files.filter(isPortable), command: ["dash", "-n"] },
  {
    name: "BusyBox' shell",
    files: files.filter(isPortable),
    command: [busybox ?? "busybox", "sh", "-n"],
  },
  {
    name: "Lua",
    files: files.filter((file) => file.endsWith(".lua")),
    command: ["luajit", "-bl"],
  },
] as const;

const hasTool = (tool: string) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;

describe.each(languages)("$name", ({ files: own, command: [tool, ...options] }) => {
  const isMissing = !hasTool(tool);
  const suffix = isMissing ? ` (SKIPPED: there is no ${tool}; see test/peers/build.sh)` : "";

  test("has files", () => expect(own).not.toEqual([]));

  test.skipIf(isMissing).each(own)(`${tool} accepts %s${suffix}`, (file) => {
    const { status, stdout, stderr } = spawnSync(tool, [...options, file], {
      cwd: root,
      encoding: "utf8",
    });
    expect(status, stdout + stderr).toBe(0);
  });
});
