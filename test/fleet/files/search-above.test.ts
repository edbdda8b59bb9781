/** The upward search for a file. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nearestAbove } from "../../../fleet/files/search-above.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

test("finds the nearest of several, even in the folder itself, and nothing where there is none", () => {
  const top = temporaryFolder();
  const inner = join(top, "inner");
  const deepest = join(inner, "a", "b");
  mkdirSync(deepest, { recursive: true });
  const name = "only-this-test-writes-it.json";
  expect(nearestAbove(deepest, name)).toBeUndefined();
  writeFileSync(join(top, name), "");
  expect(nearestAbove(deepest, name)).toBe(join(top, name));
  writeFileSync(join(inner, name), "");
  expect(nearestAbove(deepest, name)).toBe(join(inner, name));
  expect(nearestAbove(inner, name)).toBe(join(inner, name));
  expect(nearestAbove(deepest, join("a", "b"))).toBe(deepest);
});
