import { expect, test } from "vitest";
import { objectChanges } from "../../../cli/plan/object-changes.ts";

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n";
const letters = "abcdefghij";
const aliasBomb = `a: &a [${"x,".repeat(10)}]\n${Array.from(letters.slice(1), (letter, index) => `${letter}: &${letter} [${`*${letters[index]},`.repeat(10)}]\n`).join("")}`;

/** Whoever writes to the state repository writes what the plan compares with. */
test.each([
  ["an alias inside itself", "a: &a [*a]\n"],
  ["an alias bomb", aliasBomb],
  ["100,000 levels", "[".repeat(100_000)],
  ["a million values", `a: [${"1,".repeat(1_000_000)}]`],
])("a file of the state repository with %s is compared as text", (_title, text) => {
  const path = "hub/x.yaml";
  const before = `${configMap}${text}`;
  const [change] = objectChanges([{ path, before, after: configMap }]);
  expect(change).toMatchObject({ change: "changed", kind: "File", name: "x.yaml" });
});
