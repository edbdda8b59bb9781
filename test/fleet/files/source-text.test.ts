/** Every file that a call of `sourceText` names is there; from the bundle too. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sourceText } from "../../../fleet/files/source-text.ts";

const root = join(import.meta.dirname, "..", "..", "..");

test("a text is the file's, whatever the working folder", () => {
  expect(sourceText("LICENSE")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  expect(() => sourceText("gitops/programs/missing.sh")).toThrow("ENOENT");
});

test("every file that the sources name is there", () => {
  const lines = execFileSync(
    "git",
    ["grep", "-hoE", String.raw`sourceText\(\s*"[^"]+"`, "--", "fleet", "infra", "gitops", "edge"],
    { cwd: root, encoding: "utf8" },
  );
  const paths = [...lines.matchAll(/"([^"]+)"/g)].map(([, path = ""]) => path);
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
