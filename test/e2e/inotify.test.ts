import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allowInotify } from "./inotify.ts";

const file = join(mkdtempSync(join(tmpdir(), "inotify-")), "max_user_instances");

test.each([
  [128, "1024", /raised from 128 to 1024/],
  [1_023, "1024", /raised from 1023 to 1024/],
])("a limit of %i is raised", (limit, left, said) => {
  writeFileSync(file, `${limit}\n`);
  expect(allowInotify(file)).toMatch(said);
  expect(readFileSync(file, "utf8")).toBe(left);
});

test.each([1_024, 8_192])("a limit of %i stays", (limit) => {
  writeFileSync(file, `${limit}\n`);
  expect(allowInotify(file)).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe(`${limit}\n`);
});
