/**
 * Inputs without bounds, pipes and devices, given to whole commands: each ends by itself with a message,
 * in less than 300 MB.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatRootKey } from "../../fleet/keys/root-key.ts";
import { expectRefusal, peakBytesMax, program, runMeasured as run, write } from "./measured-run.ts";
import { temporaryFolder } from "./temporary.ts";

const fleet = `fleet: corner-shops
domain: edge.cornershops.example
repository: { url: https://git.cornershops.example/state.git }
cloud: { provider: google, project: corner-shops-hub }
profiles: { pc: { architecture: x86_64, disk: /dev/sda } }
sites: { one: { profile: pc, butane: { file: own/own.bu } } }
devices: { a: { site: one } }
rings: [all]
workloads: { board: { selector: {}, versions: { all: "1" }, manifests: board } }
`;
const butane = "variant: fcos\nversion: 1.5.0\n";
const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n";

/** A project whose file at `path` is what `make` makes there. */
function project(path: string, make: (place: string) => void): string {
  const folder = temporaryFolder();
  write(folder, "fleet.yaml", fleet);
  write(folder, "own/own.bu", butane);
  write(folder, "board/a.yaml", configMap);
  rmSync(join(folder, path), { force: true, recursive: true });
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  make(join(folder, path));
  return folder;
}

const pipe = (place: string) => void execFileSync("mkfifo", [place]);
const zeros = (place: string) => symlinkSync("/dev/zero", place);
const large = (place: string) => writeFileSync(place, Buffer.alloc(20 * 2 ** 20, "# x\n"));

test("what a command takes is measured without what this process has", () => {
  const mine = Buffer.alloc(peakBytesMax, 1);
  const { peakBytes } = run(temporaryFolder(), ["--version"]);
  expect(mine.length - peakBytes).toBeGreaterThan(100e6);
});
const folderThere = (place: string) => mkdirSync(place);
const deep = (place: string) => writeFileSync(place, "[".repeat(100_000));
const keys = (place: string) =>
  writeFileSync(place, Array.from({ length: 500_000 }, (_, n) => `k${n}: 1\n`).join(""));
const sameKey = (place: string) => writeFileSync(place, "a: 1\n".repeat(10_000));

describe.each([
  ["a pipe", pipe],
  ["/dev/zero", zeros],
  ["20 MiB", large],
  ["a folder", folderThere],
  ["100,000 levels", deep],
  ["500,000 keys", keys],
  ["10,000 times the same key", sameKey],
])("%s", (_title, make) => {
  test.each(["fleet.yaml", "fleet.lock.yaml", "own/own.bu", "board/a.yaml"])(
    "in place of %s",
    (path) => {
      const folder = project(path, make);
      expectRefusal(run(folder, ["validate"]), path.startsWith("board") ? "board" : path);
    },
  );

  test("in place of flotilla.config.ts", () => {
    const folder = project("flotilla.config.ts", make);
    expectRefusal(run(folder, ["validate"]), "flotilla.config.ts");
  });

  test("in place of fleet.key", () => {
    const folder = project("fleet.key", make);
    expectRefusal(run(folder, ["synth"]), "fleet.key");
  });

  test("as a file of flotilla butane", () => {
    const folder = project("x.bu", make);
    expectRefusal(run(folder, ["butane", "x.bu"]), /x\.bu|Error translating config/);
  });

  test("as a plan of Terraform", () => {
    const folder = project("plan.json", make);
    writeFileSync(join(folder, "fleet.key"), formatRootKey(Buffer.alloc(32, 7)), { mode: 0o600 });
    expectRefusal(run(folder, ["plan", "--terraform-plan", "plan.json"]), "plan.json");
  });
});

describe("a local file of Butane", () => {
  const config = `${butane}storage: { files: [{ path: /a, contents: { local: a } }] }\n`;
  const tree = `${butane}storage: { trees: [{ local: . }] }\n`;

  test.each([
    ["a pipe", pipe, "open files/a: this is not a regular file"],
    ["a device", zeros, "open files/a: this path leads out of its folder"],
    [
      "a link out of the folder",
      (place: string) => symlinkSync("../fleet.yaml", place),
      "open files/a: this path leads out of its folder",
    ],
    ["20 MiB", large, "open files/a: this file is larger than 16 MiB"],
    ["a folder", folderThere, "read files/a: is a directory"],
  ])("that is %s is refused", (_title, make, message) => {
    const folder = project("files/a", make);
    write(folder, "x.bu", config);
    expectRefusal(run(folder, ["butane", "--files-dir", "files", "x.bu"]), message);
    write(folder, "own/own.bu", config);
    rmSync(join(folder, "own/a"), { force: true, recursive: true });
    make(join(folder, "own/a"));
    expectRefusal(run(folder, ["validate"]), /own\/own\.bu:3:/);
  });

  test("that is read a thousand times is refused", () => {
    const folder = project("files/a", (place) => writeFileSync(place, Buffer.alloc(2 ** 20)));
    const files = Array.from({ length: 1_000 }, (_, n) => `{path: /${n}, contents: {local: a}}`);
    write(folder, "x.bu", `${butane}storage: { files: [${files.join(",")}] }\n`);
    expectRefusal(
      run(folder, ["butane", "--files-dir", "files", "x.bu"]),
      "open files/a: the local files are larger than 16 MiB in total",
    );
  });

  test("in a tree with 5,001 files is refused", () => {
    const folder = project("files/a/b", pipe);
    rmSync(join(folder, "files/a/b"));
    for (let n = 0; n < 5_001; n++) writeFileSync(join(folder, "files/a", `${n}`), "");
    write(folder, "x.bu", tree);
    expectRefusal(
      run(folder, ["butane", "--files-dir", "files", "x.bu"]),
      "open files/a: the trees have more than 5000 entries",
    );
  });
});

describe("a value of a megabyte", () => {
  const long = "x".repeat(1_000_000);
  const shopOf = (value: string) => fleet.replace("one: {", `one: { ${value},`);

  test.each([
    ["fleet.yaml", shopOf(`timeZone: ${long}`)],
    ["fleet.yaml", shopOf(`ntpServers: [${long}]`)],
    ["fleet.yaml", shopOf(`labels: { a: "${long}" }`)],
    ["fleet.yaml", shopOf(`"${long}": 1`)],
    ["fleet.yaml", shopOf(`"${"x y ".repeat(250_000)}": 1`)],
    ["fleet.yaml", shopOf(`disk: ${long}`)],
    ["fleet.yaml", fleet.replace("profile: pc", `profile: ${long}`)],
    ["fleet.yaml", fleet.replace('"1"', `"${long}"`)],
    ["fleet.yaml", fleet.replace("a: {", `${long}: {`)],
    ["fleet.yaml", shopOf(`timeZone: &a ${long}, labels: {${aliases(100)}}`)],
    ["fleet.lock.yaml", `addresses: { ${long}: 1 }\n`],
    ["fleet.lock.yaml", `${long}: 1\n`],
    ["own/own.bu", `${butane}storage: { files: [{ path: ${long} }] }\n`],
    ["own/own.bu", `${butane}${long}: 1\n`],
    ["board/a.yaml", configMap.replace("ConfigMap", long)],
    ["board/a.yaml", `${configMap}${long}: 1\n`],
    ["board/a.yaml", `${configMap}data: { a: "\${${long}}" }\n`],
    ["board/a.yaml", `${configMap}immutable: ${long}\n`],
  ])("in %s is quoted in part", (path, text) => {
    const folder = project(path, (place) => writeFileSync(place, text));
    const ended = run(folder, ["validate"]);
    expectRefusal(ended, path);
    expect(Math.max(...ended.err.split("\n").map(({ length }) => length))).toBeLessThan(1_000);
  });

  function aliases(number: number): string {
    return Array.from({ length: number }, (_, n) => `k${n}: *a`).join(", ");
  }
});

test("standard input of 20 MiB is refused", () => {
  const input = Buffer.alloc(20 * 2 ** 20, "# x\n");
  const folder = temporaryFolder();
  expectRefusal(run(folder, ["butane"], input), "standard input is larger than 16 MiB");
});

test("a pipe that somebody writes to is read, as by butane", () => {
  const folder = project("x.bu", pipe);
  const script = `(sleep 0.3; printf 'variant: fcos\\nversion: 1.5.0\\n' > x.bu) & exec "$0" "$1" butane x.bu`;
  const args = ["-c", script, process.execPath, program];
  const out = execFileSync("sh", args, { cwd: folder, encoding: "utf8" });
  expect(out).toBe('{"ignition":{"version":"3.4.0"}}\n');
});
