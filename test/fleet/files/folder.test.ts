/** Folders, even if none can be made. */
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../../fleet/files/folder.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

test("makes all of them, with their mode, and leaves those that are there", () => {
  const folder = temporaryFolder();
  makeFolder(join(folder, "a", "b", "c"), 0o700);
  for (const path of ["a", "a/b", "a/b/c"]) {
    expect(statSync(join(folder, path)).mode & 0o777).toBe(0o700);
  }
  makeFolder(join(folder, "a", "b", "c"));
  mkdirSync(join(folder, "real"));
  symlinkSync("real", join(folder, "link"));
  makeFolder(join(folder, "link"));
  makeFolder(join(folder, "link", "d"));
  expect(existsSync(join(folder, "real", "d"))).toBe(true);
});

test("fails where there is something else", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  symlinkSync("nowhere", join(folder, "dangling"));
  for (const path of ["file", "file/a", "dangling", "dangling/a"]) {
    expect(() => makeFolder(join(folder, path)), path).toThrow(/EEXIST|ENOTDIR|ENOENT/);
  }
});

test.skipIf(!existsSync("/proc/self"))("returns where the system has no such folders", () => {
  for (const path of ["/proc/x", "/proc/x/y/z"]) expect(() => makeFolder(path)).toThrow(/ENOENT/);
});
