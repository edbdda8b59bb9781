/** How the documents and examples type a class's values: with their defaults, as Flotilla passes them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");
const folders = [
  "docs/how-to",
  "docs/explanation",
  "examples",
  "gitops/workloads",
  "cli/project/template",
];

test("values and options have the type that is parsed, not the one that is written", () => {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|md)$/.test(name))
      .map((name) => join(folder, name)),
  );
  const types = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), "utf8").matchAll(/z\.(\w+)<typeof \w+\.(values|options)>/g),
    ].map(([, type]) => [file, type]),
  );
  expect(types.length).toBeGreaterThan(3);
  expect(types.filter(([, type]) => type !== "output")).toEqual([]);
});
