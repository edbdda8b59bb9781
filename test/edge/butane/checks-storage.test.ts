/** Paths below links are found as by a comparison of all pairs, but in a fraction of the time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkStorage } from "../../../edge/butane/checks-storage.ts";
import type { JsonObject } from "../../../edge/butane/json.ts";

const version = { minor: 5, ignition: "3.4.0", packages: { base: "", fcos: "" } };
type Lists = Readonly<Record<"links" | "directories" | "files", readonly string[]>>;

function found(lists: Lists): readonly string[] {
  const entries: string[] = [];
  const nodes = Object.entries(lists).map(([list, paths]) => [
    list,
    paths.map((path) => ({ path, target: "/target" })),
  ]);
  checkStorage(
    Object.fromEntries(nodes) as JsonObject,
    (path, message) => entries.push(`${path.join(".")}: ${message}`),
    version,
  );
  return entries;
}

test("the same as by all pairs", () => {
  const path = fc
    .array(fc.constantFrom("/", "a", "b", "/a", "/a/b"), { maxLength: 4 })
    .map((steps) => steps.join(""));
  const paths = fc.array(path, { maxLength: 4 });
  fc.assert(
    fc.property(fc.record({ links: paths, directories: paths, files: paths }), (lists) => {
      const expected = (list: keyof Lists, noun: string) =>
        lists[list].flatMap((each, index) =>
          lists.links
            .filter((link) => each.startsWith(`${link}/`))
            .map(() => `${list}.${index}: ${noun} path includes link in config`),
        );
      expect(found(lists)).toEqual([
        ...expected("directories", "directory"),
        ...expected("files", "file"),
        ...expected("links", "link"),
      ]);
    }),
    { numRuns: 2_000 },
  );
});

test("twenty thousand of each", () => {
  const named = (name: string) => Array.from({ length: 20_000 }, (_, at) => `/${name}${at}`);
  const lists = { links: named("l"), directories: named("d"), files: named("f") };
  const used = process.cpuUsage();
  expect(found(lists)).toEqual([]);
  expect(found({ ...lists, files: [...lists.files, "/l7/x"] })).toHaveLength(1);
  expect(process.cpuUsage(used).user / 1_000_000).toBeLessThan(2);
});
