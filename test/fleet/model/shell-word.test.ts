import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shellWord } from "../../../fleet/model/shell-word.ts";

test("usual paths stay as they are", () => {
  const paths = ["fleet.yaml", "../environments/staging.lock.yaml", "/tmp/flöte", "dist/infra"];
  expect(paths.map(shellWord)).toEqual(paths);
  expect(shellWord("my fleet")).toBe("'my fleet'");
});

test("a shell reads every text as that one word", () => {
  const texts = fc
    .sample(fc.string({ unit: "grapheme" }), 200)
    .map((text) => text.replaceAll("\0", ""));
  const words = [...texts, "", "it's", "~", "a*", "$HOME", "-n", "!x", "a\\b"];
  const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join("\n");
  const out = execFileSync("sh", { input: script, encoding: "utf8" });
  expect(out.split("\0").slice(0, -1)).toEqual(words);
});
