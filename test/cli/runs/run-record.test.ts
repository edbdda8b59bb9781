import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { existsSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { DiskTrace, spoilTrace, withoutTrace } from "../../../cli/runs/disk-trace.ts";
import { keepRun, knownRun, recordPlace, type Printed } from "../../../cli/runs/run-record.ts";
import { temporaryFolder } from "../temporary.ts";

const printed: Printed = [
  ["stderr", "note: something\n"],
  ["stdout", "fine\n"],
];

/** A folder with a file, and the place of the record of a run in it. */
function project() {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "node_modules"));
  const file = join(folder, "a.txt");
  writeFileSync(file, "one");
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  const place = recordPlace(["validate"]);
  vi.restoreAllMocks();
  if (place === undefined) throw new Error("no place");
  return { folder, file, place };
}

function traced(run: () => void) {
  const trace = DiskTrace.start();
  run();
  return trace.end();
}

const questions: readonly (readonly [string, (file: string) => unknown, (file: string) => void])[] =
  [
    ["contents", (file) => readFileSync(file), (file) => writeFileSync(file, "two")],
    ["presence", (file) => existsSync(file), (file) => rmSync(file)],
    ["size and mode", (file) => statSync(file), (file) => writeFileSync(file, "longer")],
    ["list", (file) => readdirSync(dirname(file)), (file) => writeFileSync(`${file}.b`, "")],
    ["absence", (file) => existsSync(`${file}.c`), (file) => writeFileSync(`${file}.c`, "")],
    ["path", (file) => realpathSync(file), (file) => rmSync(file)],
  ];

test.each(questions)("a run is known until the %s that it saw changes", (_what, look, change) => {
  const { file, place } = project();
  const seen = traced(() => void look(file));
  expect(seen).toHaveLength(1);
  keepRun(place, seen ?? [], printed);
  expect(knownRun(place)).toEqual(printed);
  change(file);
  expect(knownRun(place)).toBeUndefined();
});

test("a run whose files change before its end is not kept", () => {
  const { file, place } = project();
  const seen = traced(() => void readFileSync(file));
  writeFileSync(file, "two");
  keepRun(place, seen ?? [], printed);
  expect(knownRun(place)).toBeUndefined();
});

test.each([
  ["damaged", (text: string) => text.replace("fine", "Fine")],
  ["cut off", (text: string) => text.slice(0, -20)],
  ["empty", () => ""],
  ["of no form", () => "7\n7"],
])("a record that is %s is not used", (_what, change) => {
  const { file, place } = project();
  keepRun(place, traced(() => void readFileSync(file)) ?? [], printed);
  writeFileSync(place.file, change(readFileSync(place.file, "utf8")));
  expect(knownRun(place)).toBeUndefined();
});

test("a record that cannot be written is left out", () => {
  const { file, place } = project();
  mkdirSync(dirname(dirname(place.file)), { recursive: true });
  writeFileSync(dirname(place.file), "");
  keepRun(place, traced(() => void readFileSync(file)) ?? [], printed);
  expect(knownRun(place)).toBeUndefined();
});

test("a trace without all that a run saw is none", async () => {
  const { file } = project();
  const fs = await import("node:fs");
  expect(traced(spoilTrace)).toBeUndefined();
  expect(traced(() => fs.default.readFile(file, () => {}))).toBeUndefined();
  expect(traced(() => void fs.default.opendirSync(dirname(file)).closeSync())).toBeUndefined();
});

test("what fills a cache is not noted", async () => {
  const { file } = project();
  const trace = DiskTrace.start();
  await withoutTrace(async () => readFileSync(file));
  expect(trace.end()).toEqual([]);
});
