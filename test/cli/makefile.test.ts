import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const noMake = spawnSync("make", ["--version"]).error !== undefined;

/** `make` as a user runs it: not as a part of the `make test` that runs us. */
function make(...args: string[]) {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _short, ...env } = process.env;
  // The packages are taken as they are: no test installs any.
  const all = ["-o", "node_modules/.package-lock.json", ...args];
  const { status, stdout, stderr } = spawnSync("make", all, { cwd: root, encoding: "utf8", env });
  return { status, stdout, stderr };
}

describe.skipIf(noMake)("make (skipped if there is none)", () => {
  test("help lists the targets, each with what it does", () => {
    const { status, stdout } = make("help");
    expect(status).toBe(0);
    const names = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(0, 14).trim());
    const expected = "| test| e2e| e2e-boot| iso| publish| deploy| destroy| bench| docs| help";
    expect(names).toEqual(expected.split("|").map((target) => `make${target}`));
    for (const line of stdout.trimEnd().split("\n")) expect(line.length).toBeGreaterThan(25);
  });

  test("runs the command line; a base may have a space in its name", () => {
    expect(make("-n").stdout).toContain("node cli/flotilla.mjs up\n");
    const publish = make("-n", "publish", "ARGUMENTS=--yes").stdout;
    expect(publish).toContain("node cli/flotilla.mjs publish --yes\n");
    const iso = make("-n", "iso", "DEVICE=store-0001", "BASE=my isos/a.iso").stdout;
    expect(iso).toContain("node cli/flotilla.mjs image 'store-0001' --base 'my isos/a.iso'");
  });

  test("iso takes several devices, patterns that no shell expands, or all", () => {
    const several = make("-n", "iso", "DEVICES=store-* kiosk-01").stdout;
    expect(several).toContain("node cli/flotilla.mjs image 'store-*' 'kiosk-01' \n");
    const older = make("-n", "iso", "DEVICE=a", "BASE=a.iso", "ALLOW_RELEASE=1").stdout;
    expect(older).toContain("image 'a' --base 'a.iso' --allow-release\n");
    const range = make("-n", "iso", "DEVICES=store-{0001..0010}", "RING=canary").stdout;
    expect(range).toContain("image 'store-{0001..0010}'  --ring 'canary'\n");
    const site = make("-n", "iso", "SITE=boston", "BASE=a.iso").stdout;
    expect(site).toMatch(/image +--base 'a\.iso' --site 'boston' --shared\n/);
    const all = make("-n", "iso", "DEVICES=all", "BASE=a.iso").stdout;
    expect(all).toContain("node cli/flotilla.mjs image --all --base 'a.iso'\n");
  });

  test("the first run changes no file of this repository", () => {
    const args = ["ls-files", "fleet.lock.yaml", "fleet.key", "plan.html", "dist"];
    expect(spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout).toBe("");
  });

  test("iso without a device says how", () => {
    const { status, stderr } = make("iso");
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^Name a device: make iso DEVICE=store-0001, or several: make iso DEVICES='store-\*' \(or all\)\nmake: /,
    );
  });

  test("iso fails where the command line fails", () => {
    const { status, stderr } = make("iso", "DEVICE=no-such-device");
    expect(status).toBe(2);
    expect(stderr).toMatch(/flotilla/);
  });
});
