import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockProject } from "../../../cli/project/run-lock.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const program = join(root, "cli", "flotilla.mjs");

function project() {
  const folder = temporaryFolder();
  const file = join(folder, "fleet.yaml");
  writeFileSync(file, "");
  const lines: string[] = [];
  const session = { progress: (line: string) => void lines.push(line) };
  return { folder, file, lines, lock: (seconds?: number) => lockProject(file, session, seconds) };
}

test("a second run waits for the first, and gives up after a while", async () => {
  const { folder, lines, lock } = project();
  const release = await lock();
  await expect(lock(0)).rejects.toThrow(
    `another run of flotilla (process ${process.pid}) is running in this folder; nothing was changed`,
  );
  let isIn = false;
  const second = lock().then((done) => {
    isIn = true;
    return done;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(isIn).toBe(false);
  release();
  (await second)();
  expect(lines.at(-1)).toMatch(
    /^Another run of flotilla \(process \d+\) is running in this folder; wai/,
  );
  expect(readdirSync(folder)).toEqual(["fleet.yaml"]);
});

test("the lock of a process that is gone, and what it left behind, are removed", async () => {
  const { folder, lines, lock } = project();
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const living = spawn("sleep", ["30"]);
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, "dist", ".lock"), `${dead} ${hostname()} x\n`);
  const stale = [`.fleet.lock.yaml.${dead}.tmp`, `.fleet.yaml.${dead}.tmp`];
  const others = [
    `.fleet.lock.yaml.${living.pid}.tmp`,
    `.mine.${dead}.tmp`,
    ".fleet.lock.yaml.tmp",
  ];
  for (const name of [...stale, ...others]) writeFileSync(join(folder, name), "");
  mkdirSync(join(folder, "dist", `.state.git.${dead}.tmp`));
  (await lock(0))();
  living.kill();
  expect(readdirSync(folder).toSorted()).toEqual([...others, "fleet.yaml"].toSorted());
  expect(lines).toEqual([]);
  expect(existsSync(join(folder, "dist"))).toBe(false);
});

test("a lock without a name, of a run that was killed while it made it, is taken over", async () => {
  const { folder, lines, lock } = project();
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, "dist", ".lock"), "");
  (await lock(10))();
  expect(readdirSync(folder)).toEqual(["fleet.yaml"]);
  expect(lines).toEqual([
    "Another run of flotilla (which is just starting) is running in this folder; waiting for it",
  ]);
});

test("a run that cannot write its name leaves no lock, and names the file", () => {
  const { folder } = project();
  // A program of the shell may then write no byte to a file.
  const limited = 'ulimit -f 0; exec "$@"';
  const args = ["-c", limited, "bash", process.execPath, program, "synth"];
  const options = { cwd: folder, encoding: "utf8" } as const;
  // Makes the bundle of the program.
  spawnSync(process.execPath, [program, "--version"], options);
  const { status, stderr } = spawnSync("bash", args, options);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^flotilla: dist\/\.lock: the file system does not take a file of this/),
  ]);
  expect(existsSync(join(folder, "dist", ".lock"))).toBe(false);
});

test("a root key that cannot be written completely leaves no file", () => {
  const folder = temporaryFolder();
  const options = { cwd: folder, encoding: "utf8" } as const;
  spawnSync(process.execPath, [program, "--version"], options);
  const limited = 'ulimit -f 0; exec "$@"';
  const args = ["-c", limited, "bash", process.execPath, program, "keygen"];
  const { status, stderr } = spawnSync("bash", args, options);
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("fleet.key: the file system does not take a file of this size"),
  ]);
  expect(readdirSync(folder)).toEqual([]);
});

test("real runs: a killed one leaves its lock, and the next two take turns", async () => {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const lock = join(folder, "dist", ".lock");
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
    return { child, code: new Promise((resolve) => child.on("close", resolve)) };
  };
  const killed = start(program, "synth");
  while (!existsSync(lock)) await new Promise((resolve) => setTimeout(resolve, 1));
  killed.child.kill("SIGKILL");
  await killed.code;
  expect(existsSync(lock)).toBe(true);
  writeFileSync(join(folder, `.fleet.lock.yaml.${killed.child.pid}.tmp`), "");
  // The main of cdk8s' command line waits too.
  const entry = join(root, "gitops", "main.ts");
  const tsx = import.meta.resolve("tsx");
  const runs = [start(program, "synth"), start("--import", tsx, entry), start(program, "synth")];
  expect(await Promise.all(runs.map(({ code }) => code))).toEqual([0, 0, 0]);
  expect(existsSync(lock)).toBe(false);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  const release = await lockProject(join(folder, "fleet.yaml"), { progress() {} });
  const blocked = start("--import", tsx, entry);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(blocked.child.exitCode).toBe(null);
  release();
  expect(await blocked.code).toBe(0);
}, 120_000);

test.each<[string, (place: string) => void]>([
  ["a folder", (place) => mkdirSync(place)],
  ["a link to nothing", (place) => symlinkSync("nowhere", place)],
  ["a link to a file", (place) => symlinkSync("../fleet.yaml", place)],
  ["a pipe", (place) => void spawnSync("mkfifo", [place])],
])("%s in place of the lock is refused by its path, without a wait", async (_what, make) => {
  const { folder, lock } = project();
  mkdirSync(join(folder, "dist"));
  make(join(folder, "dist", ".lock"));
  await expect(lock(0)).rejects.toThrow(
    /dist\/\.lock: this is not a regular file, .* Move it away$/,
  );
});

test("without a fleet file nothing is made", async () => {
  const folder = temporaryFolder();
  (await lockProject(join(folder, "none.yaml"), { progress() {} }))();
  expect(readdirSync(folder)).toEqual([]);
});
