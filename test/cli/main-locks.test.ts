/** Which commands wait while another run writes into the project's folder. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { main } from "../../cli/main.ts";
import { lockProject } from "../../cli/project/run-lock.ts";
import { sharedPath } from "../peers/peers.ts";
import { flotilla } from "./command-line.ts";
import { environmentProject } from "./project/environment-project.ts";
import { temporaryFolder } from "./temporary.ts";

/** Every command that may write a file of the project, and read what it writes before. */
const writers = [
  "keygen",
  "keygen --publishing",
  "synth",
  "publish",
  "up",
  "deploy",
  "destroy",
  "bootstrap",
  "promote hello",
  "rollback hello",
  "pin",
  "match cafe-01 --serial PF1",
  "revoke cafe-01",
  "image cafe-01",
  "pxe cafe-01",
];

/** Those that write only the lock, if there is something new in it. */
const savers = ["kubeconfig cafe-01", "kubeconfig cafe-01 --stdout", "kubeconfig cafe-01 -- true"];

/** The others. */
const readers = [
  "init",
  "validate",
  "plan",
  "doctor",
  "status",
  "show cafe-01",
  "schema",
  "completion bash",
  "butane --help",
  "iso --help",
  "help",
];

/** A first fleet with its key; nothing was allocated yet. */
async function project() {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  return { folder, file: join(folder, "fleet.yaml") };
}

const quiet = { progress() {} };

/** Starts a command. `waits` becomes true if it waits for another run, and false if it ends without. */
function start(file: string, words: string, device?: PassThrough) {
  const [first = "", ...rest] = words.split(" ");
  let answer: (isWaiting: boolean) => void = () => {};
  const waits = new Promise<boolean>((resolve) => (answer = resolve));
  const session = {
    environment: {},
    out() {},
    progress: (text: string) => text.startsWith("Another run of flotilla") && answer(true),
    ...(device && { stream: device }),
  };
  const code = main([first, "--fleet", file, ...rest], session).finally(() => answer(false));
  return { waits, code };
}

/** The files of a folder with their texts, without the lock of runs. */
function contents(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true }) as string[];
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  const texts = files.map((path) => [path, readFileSync(join(folder, path), "latin1")] as const);
  return Object.fromEntries(texts.filter(([path]) => path !== join("dist", ".lock")));
}

test("every command is in one of the lists", () => {
  const listed = [...writers, ...savers, ...readers, "flash"].map((words) => words.split(" ")[0]);
  const commands = readdirSync(join(import.meta.dirname, "..", "..", "cli", "commands"));
  const names = commands.map((name) => name.replace(/\.ts$/, ""));
  expect([...new Set(listed)].toSorted()).toEqual(names.toSorted());
});

test.each(writers)("waits for the other run before it reads anything: %s", async (words) => {
  const { folder, file } = await project();
  const release = await lockProject(file, quiet);
  const before = contents(folder);
  const { waits, code } = start(file, words);
  expect(await waits).toBe(true);
  expect(contents(folder)).toEqual(before);
  // It reads what the other run wrote.
  writeFileSync(file, "nonsense: true\n");
  release();
  expect(await code).toBe(1);
});

test.each(savers)("waits to write the lock, and otherwise does not: %s", async (words) => {
  const { folder, file } = await project();
  const release = await lockProject(file, quiet);
  const before = contents(folder);
  const first = start(file, words);
  expect(await first.waits).toBe(true);
  expect(contents(folder)).toEqual(before);
  release();
  // Without kubectl no tunnel opens, so the command after -- cannot run.
  const expected = words.includes("--") && words.endsWith("true") ? 1 : 0;
  expect(await first.code).toBe(expected);
  expect(Object.keys(contents(folder))).toContain("fleet.lock.yaml");
  const releaseAgain = await lockProject(file, quiet);
  const second = start(file, words);
  expect([await second.waits, await second.code]).toEqual([false, expected]);
  releaseAgain();
});

test.each(readers)("writes nothing, so it does not wait: %s", async (words) => {
  const { folder, file } = await project();
  const release = await lockProject(file, quiet);
  const before = contents(folder);
  const { waits, code } = start(file, words);
  expect(await waits).toBe(false);
  await code;
  expect(contents(folder)).toEqual(before);
  release();
});

const iso = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");

test.skipIf(!iso)("image --stdout waits to write the lock", async () => {
  const { folder, file } = await project();
  const base = join(folder, "base.iso");
  writeFileSync(base, gunzipSync(readFileSync(iso ?? "")));
  const release = await lockProject(file, quiet);
  const words = `image cafe-01 --stdout --allow-release --base ${base}`;
  const { waits, code } = start(file, words, new PassThrough().resume());
  expect(await waits).toBe(true);
  expect(Object.keys(contents(folder))).not.toContain("fleet.lock.yaml");
  release();
  expect(await code).toBe(0);
  expect(Object.keys(contents(folder))).toContain("fleet.lock.yaml");
});

test("a lock that another run wrote in the meantime is not overwritten", async () => {
  const { folder, file } = await project();
  const release = await lockProject(file, quiet);
  const { waits, code } = start(file, "kubeconfig cafe-01 --stdout");
  expect(await waits).toBe(true);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^devices:$/m, "devices:\n  aaa: { site: harbour-street }"));
  release();
  expect(await code).toBe(1);
  expect(Object.keys(contents(folder))).not.toContain("fleet.lock.yaml");
});

test.each([
  "match cafe-01 --serial PF1",
  "revoke cafe-01",
  "promote telemetry",
  "rollback telemetry",
])("with an environment it waits for a run of another one that edits fleet.yaml: %s", async (w) => {
  const folder = environmentProject();
  const release = await lockProject(join(folder, "fleet.yaml"), quiet);
  const { waits, code } = start(join(folder, "environments", "staging.yaml"), w);
  expect(await waits).toBe(true);
  writeFileSync(join(folder, "fleet.yaml"), "nonsense: true\n");
  release();
  expect(await code).toBe(1);
});
