import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { atPath } from "../../../fleet/files/operation-error.ts";
import { linkedFile, writeUserFile } from "../../../fleet/files/user-file.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

/** A folder with a link to a file in another folder, through a second link. */
function place() {
  const folder = temporaryFolder();
  const target = join(folder, "elsewhere", "target.txt");
  mkdirSync(join(folder, "elsewhere"));
  writeFileSync(target, "old");
  symlinkSync("middle.txt", join(folder, "link.txt"));
  symlinkSync(join("elsewhere", "target.txt"), join(folder, "middle.txt"));
  return { folder, target, link: join(folder, "link.txt") };
}

const write = (path: string) => atPath(path, () => writeUserFile(path, "new", 0o600));

describe("writeUserFile", () => {
  test("writes the file at the end of the links, beside it, and keeps the links", () => {
    const { folder, target, link } = place();
    write(link);
    expect(readFileSync(target, "utf8")).toBe("new");
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readlinkSync(link)).toBe("middle.txt");
    expect(readlinkSync(join(folder, "middle.txt"))).toBe(join("elsewhere", "target.txt"));
    expect(readdirSync(folder)).toEqual(["elsewhere", "link.txt", "middle.txt"]);
    expect(readdirSync(join(folder, "elsewhere"))).toEqual(["target.txt"]);
  });

  test("writes a file that is not there yet, and replaces one without a link", () => {
    const path = join(temporaryFolder(), "new.txt");
    write(path);
    write(path);
    expect([linkedFile(path), readFileSync(path, "utf8")]).toEqual([path, "new"]);
  });

  test.each([0o600, 0o664, 0o755, 0o644])("keeps the mode %s of a file that is there", (mode) => {
    const { target, link } = place();
    for (const path of [target, link]) {
      chmodSync(target, mode);
      writeUserFile(path, `for ${path}`);
      expect(statSync(target).mode & 0o777).toBe(mode);
    }
    writeUserFile(target, "secret", 0o600);
    expect(statSync(target).mode & 0o777).toBe(0o600);
  });

  test("does not follow a link at the path of its temporary file", () => {
    const { folder, target, link } = place();
    const victim = join(folder, "victim.txt");
    writeFileSync(victim, "mine");
    symlinkSync(victim, join(folder, "elsewhere", `.target.txt.${process.pid}.tmp`));
    expect(() => write(link)).toThrow(/ELOOP|loop/);
    expect([readFileSync(victim, "utf8"), readFileSync(target, "utf8")]).toEqual(["mine", "old"]);
  });

  test("refuses a link that leads to nothing, a loop and a folder", () => {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder, name);
    symlinkSync("gone/file.txt", at("dangling"));
    symlinkSync("b", at("a"));
    symlinkSync("a", at("b"));
    symlinkSync(".", at("folder"));
    expect(() => write(at("dangling"))).toThrow(
      `${at("dangling")}: this symbolic link leads to gone/file.txt, which does not exist. Make that file, or remove the link`,
    );
    expect(() => write(at("a"))).toThrow(
      `${at("a")}: the symbolic links of this path form a loop; remove one of them`,
    );
    for (const path of [folder, at("folder"), `${folder}/.`]) {
      expect(() => write(path)).toThrow(`${path}: this is a folder. Give the path of a file`);
    }
    expect(readdirSync(folder)).toEqual(["a", "b", "dangling", "folder"]);
  });

  test("a device stays one", () => {
    const link = join(temporaryFolder(), "null");
    symlinkSync("/dev/null", link);
    write(link);
    expect([lstatSync(link).isSymbolicLink(), statSync(link).isCharacterDevice()]).toEqual([
      true,
      true,
    ]);
  });
});
