import { expect, test } from "vitest";
import { formatEntry } from "../../../edge/butane/report.ts";
import { reportText } from "../../../edge/butane/report-text.ts";
import { translateText } from "../../../edge/butane/translate.ts";

const header = "variant: fcos\nversion: 1.5.0\n";
const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}: 1\n`);
const shown = (text: string, colored = false) =>
  reportText(translateText(text).report, { file: "x.bu", text, colored });

test("a thousand findings of a kind are listed, and how many more there are", () => {
  const files = `storage: { files: [${"{ path: a },".repeat(3_000)}] }\n`;
  const lines = translateText(header + keys(1_500).join("") + files).report.map(formatEntry);
  expect(lines).toHaveLength(2_002);
  expect(lines.slice(-2)).toEqual([
    "warning: 500 more, which are not listed",
    "error: 4999 more, which are not listed",
  ]);
});

test("a long line is not repeated for each finding", () => {
  const text = `${header}storage: {${keys(30_000)
    .map((key) => key.trim())
    .join(", ")}}\n`;
  expect(shown(text).length).toBeLessThan(1e6);
  expect(shown(text)).toContain("warning at $.storage.k7, line 3 col 60: unused key k7\n");
});

test("lines of some length are shown until there are too many", () => {
  const long = "x".repeat(10_000);
  const text = header + Array.from({ length: 900 }, (_, index) => `k${index}: ${long}\n`).join("");
  expect(shown(text).length).toBeLessThan(2e6);
  expect(shown(text)).toContain(`3 | k0: ${long}\n`);
  expect(shown(text)).toContain("warning at $.k899, line 902 col 1: unused key k899\n");
});

test("an error in a large file is found by its line", () => {
  const text = `${header}${"# comment\n".repeat(500_000)}nope: 1\n`;
  expect(shown(text)).toContain("--> x.bu:500003:1\n");
  expect(shown(text)).toContain(" 500003 | nope: 1\n");
});
