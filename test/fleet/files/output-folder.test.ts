import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { fileListName, formatFileList } from "../../../fleet/files/file-list.ts";
import { writeTree } from "../../../fleet/files/output-folder.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

const isRoot = process.getuid?.() === 0;

/** Every file below a folder, as relative path → text. */
function filesIn(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]),
  );
}

function tree(files: Record<string, string>): [string, string][] {
  return Object.entries(files);
}

describe("writeTree", () => {
  test("writes files, lists them, and says so", () => {
    const folder = join(temporaryFolder(), "a", "b");
    const changes = writeTree(folder, tree({ "root.yaml": "x\n", "hub/fleet/one.yaml": "1\n" }));
    expect(changes).toEqual({
      written: ["root.yaml", "hub/fleet/one.yaml"],
      removed: [],
      unchangedCount: 0,
    });
    expect(filesIn(folder)).toEqual({
      [fileListName]:
        "# The files that Flotilla wrote here, and may remove. Don't edit.\n" +
        "hub/fleet/one.yaml\nroot.yaml\n",
      "hub/fleet/one.yaml": "1\n",
      "root.yaml": "x\n",
    });
    expect(statSync(join(folder, "root.yaml")).mode & 0o777).toBe(0o644);
  });

  test("leaves the bytes, the time stamp and the inode of what is right already", () => {
    const folder = temporaryFolder();
    const files = { "a.yaml": "a", "b/c.yaml": "c", "b/d.yaml": "d" };
    writeTree(folder, tree(files));
    const past = new Date("2020-02-02T02:02:02Z");
    const places = [...Object.keys(files), fileListName].map((path) => join(folder, path));
    for (const place of places) utimesSync(place, past, past);
    const before = places.map((place) => statSync(place).ino);

    const same = writeTree(folder, tree(files));
    expect(same).toEqual({ written: [], removed: [], unchangedCount: 3 });
    expect(places.map((place) => statSync(place).mtime)).toEqual(places.map(() => past));
    expect(places.map((place) => statSync(place).ino)).toEqual(before);

    const one = writeTree(folder, tree({ ...files, "b/c.yaml": "C" }));
    expect(one).toEqual({ written: ["b/c.yaml"], removed: [], unchangedCount: 2 });
    expect(statSync(join(folder, "a.yaml")).mtime).toEqual(past);
    expect(statSync(join(folder, "b/c.yaml")).mtime).not.toEqual(past);
  });

  test("removes what it wrote and no longer makes, and never anything else", () => {
    const folder = temporaryFolder();
    writeTree(folder, tree({ "a/b/c.yaml": "c", "a/kept/d.yaml": "d", "e.yaml": "e" }));
    writeFileSync(join(folder, "a/kept/notes.txt"), "mine");
    writeFileSync(join(folder, "mine.yaml"), "mine");
    const changes = writeTree(folder, tree({ "e.yaml": "e" }));
    expect(changes.removed).toEqual(["a/b/c.yaml", "a/kept/d.yaml"]);
    expect(filesIn(folder)).toEqual({
      [fileListName]: formatFileList(["e.yaml"]),
      "a/kept/notes.txt": "mine",
      "e.yaml": "e",
      "mine.yaml": "mine",
    });
    expect(existsSync(join(folder, "a/b"))).toBe(false);
  });

  test("turns a file of Flotilla into a folder, and back", () => {
    const folder = temporaryFolder();
    writeTree(folder, tree({ x: "file" }));
    expect(writeTree(folder, tree({ "x/y/z": "deep" })).removed).toEqual(["x"]);
    expect(readFileSync(join(folder, "x/y/z"), "utf8")).toBe("deep");
    expect(writeTree(folder, tree({ x: "file" })).removed).toEqual(["x/y/z"]);
    expect(readFileSync(join(folder, "x"), "utf8")).toBe("file");
  });

  test("stops before a folder of somebody else that is in the way", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "x"));
    writeFileSync(join(folder, "x/mine"), "mine");
    expect(() => writeTree(folder, tree({ x: "file" }))).toThrow(
      new OperationError(`${folder}/x: this is a folder where a file is needed; move it away`),
    );
    expect(readFileSync(join(folder, "x/mine"), "utf8")).toBe("mine");
  });

  test("closes the permissions of secrets that are too open, and of their folders", () => {
    const folder = temporaryFolder();
    const files = tree({ "store-01/device.ign": "secret" });
    writeTree(folder, files, { mode: 0o600 });
    const place = join(folder, "store-01/device.ign");
    expect(statSync(place).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "store-01")).mode & 0o777).toBe(0o700);
    chmodSync(place, 0o644);
    expect(writeTree(folder, files, { mode: 0o600 }).unchangedCount).toBe(1);
    expect(statSync(place).mode & 0o777).toBe(0o600);
  });

  test("does not write, read or remove through a folder that is a link", () => {
    const folder = temporaryFolder();
    const elsewhere = temporaryFolder();
    writeTree(folder, tree({ "hub/a.yaml": "a" }));
    execFileSync("mv", [join(folder, "hub"), join(elsewhere, "hub")]);
    symlinkSync(join(elsewhere, "hub"), join(folder, "hub"));
    const refused = `${folder}/hub: this folder is a symbolic link`;
    for (const files of [[["hub/a.yaml", "a"]], [["hub/a.yaml", "b"]], [["hub/x/y", ""]], []]) {
      expect(() => writeTree(folder, files as [string, string][])).toThrow(refused);
    }
    expect(filesIn(elsewhere)).toEqual({ "hub/a.yaml": "a" });
  });

  test("replaces a link to a file instead of writing through it", () => {
    const folder = temporaryFolder();
    const outside = join(temporaryFolder(), "outside");
    writeFileSync(outside, "theirs");
    symlinkSync(outside, join(folder, "a.yaml"));
    writeTree(folder, tree({ "a.yaml": "theirs" }));
    writeTree(folder, tree({ "a.yaml": "ours" }));
    expect(readFileSync(outside, "utf8")).toBe("theirs");
    expect(readFileSync(join(folder, "a.yaml"), "utf8")).toBe("ours");
  });

  test("removes nothing by a list that names files outside", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "victim"), "mine");
    for (const line of ["../victim", "/etc/passwd", "a/../../victim", ".git/config", "a//b"]) {
      const inner = join(folder, "inner");
      mkdirSync(inner, { recursive: true });
      writeFileSync(join(inner, fileListName), `${formatFileList(["a.yaml"])}${line}\n`);
      expect(() => writeTree(inner, tree({}))).toThrow(
        new OperationError(
          `${inner}/${fileListName}:3: "${line}" is not a valid path in this folder; ` +
            "restore the list from its history, or delete the line",
        ),
      );
    }
    expect(readFileSync(join(folder, "victim"), "utf8")).toBe("mine");
  });

  test("refuses paths that no synthesis may make", () => {
    for (const path of ["", "/a", "a//b", "./a", "../a", "a\\b", "a\nb", ".git/hooks/x", "c:/d"]) {
      expect(() => writeTree(temporaryFolder(), tree({ [path]: "" }))).toThrow(
        "a file with an invalid path",
      );
    }
    const twice = [...tree({ a: "1" }), ...tree({ a: "2" })];
    expect(() => writeTree(temporaryFolder(), twice)).toThrow("made a file twice: a");
  });
});

describe("writeTree when something is in the way", () => {
  test.skipIf(isRoot)("names a folder that it may not write (skipped: root may)", () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expect(() => writeTree(folder, tree({ a: "1" }))).toThrow("no permission; give this user");
  });

  test("names a file where a folder is needed", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "mine");
    expect(() => writeTree(join(folder, "file"), tree({ a: "1" }))).toThrow(
      new OperationError(`${folder}/file: there is something at this path already; move it away`),
    );
  });

  const noMount = isRoot && process.platform === "linux" ? mountProblem() : "needs root on Linux";
  test.skipIf(noMount)(`leaves whole files on a full disk (skipped if: ${noMount})`, () => {
    const folder = mounted();
    const files = (text: string, count: number) =>
      Array.from({ length: count }, (_, index) => {
        return [`d/${index}.yaml`, text.repeat(5000)] as const;
      });
    writeTree(folder, files("old\n", 20));
    expect(() => writeTree(folder, files("newer\n", 200))).toThrow(
      /^.*\/d\/\d+\.yaml: the disk is full; free some space and run the command again$/,
    );
    const { [fileListName]: list = "", ...left } = filesIn(folder);
    expect(Object.keys(left).filter((path) => path.includes(".tmp"))).toEqual([]);
    for (const text of Object.values(left)) {
      expect([...new Set(text.split("\n"))].toSorted()).toEqual(
        text.startsWith("old") ? ["", "old"] : ["", "newer"],
      );
    }
    for (const path of Object.keys(left)) expect(list.split("\n")).toContain(path);
    // With room again, the next run finishes.
    expect(writeTree(folder, files("new\n", 5)).removed.length).toBeGreaterThan(10);
    expect(Object.keys(filesIn(folder))).toHaveLength(6);
  });

  function mountProblem(): string | undefined {
    const probe = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", probe], { stdio: "pipe" });
      execFileSync("umount", [probe]);
      return undefined;
    } catch {
      return "this machine does not let us mount a tmpfs";
    } finally {
      execFileSync("rmdir", [probe]);
    }
  }

  function mounted(): string {
    const folder = temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    onTestFinished(() => void execFileSync("umount", [folder]));
    return folder;
  }
});

test("a run that is killed leaves whole files only, and the next one cleans up", async () => {
  const folder = temporaryFolder();
  const script = join(import.meta.dirname, "write-tree-process.ts");
  const count = 400;
  const text = (content: string, index: number) => `${content} ${index}\n`.repeat(2000);
  let interrupted = 0;
  const contents = ["first", "second", "third", "fourth", "fifth", "sixth"];
  for (const [round, content] of contents.entries()) {
    const args = ["--import", "tsx", script, folder, String(count), content];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, 5 + round * 11));
    child.kill("SIGKILL");
    await once(child, "exit");
    for (const [path, found] of Object.entries(filesIn(folder))) {
      if (path === fileListName || path.endsWith(".tmp")) continue;
      const index = Number(/file-(\d+)/.exec(path)?.[1]);
      expect(contents.slice(0, round + 1).map((each) => text(each, index))).toContain(found);
    }
    const list = existsSync(join(folder, fileListName)) ? filesIn(folder)[fileListName] : "";
    if (list?.includes("did not finish")) interrupted += 1;
  }
  expect(interrupted).toBeGreaterThan(0);

  writeFileSync(join(folder, "folder-0", ".file-0.yaml.999999999.tmp"), "half of a sec");
  writeFileSync(join(folder, fileListName), "\n# A run is at work here, or did not finish.\n", {
    flag: "a",
  });
  writeTree(folder, [["folder-0/file-0.yaml", "last"]]);
  expect(filesIn(folder)).toEqual({
    [fileListName]: formatFileList(["folder-0/file-0.yaml"]),
    "folder-0/file-0.yaml": "last",
  });
});
