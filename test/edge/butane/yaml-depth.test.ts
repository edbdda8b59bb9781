/** Deep texts, and what butane 0.29.0 says to them. With the real tool, it is asked again. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { reportText } from "../../../edge/butane/report-text.ts";
import { translateText } from "../../../edge/butane/translate.ts";
import { peerPath } from "../../peers/peers.ts";

const butane = peerPath("butane-0.29.0");
const header = "variant: fcos\nversion: 1.5.0\n";

/** What `butane` prints to standard error. */
function ours(text: string): string {
  const { error, report } = translateText(text);
  const shown = reportText(report, { file: "<stdin>", text, colored: false });
  return error === undefined ? shown : `${shown}Error translating config: ${error}\n`;
}

function theirs(text: string): string {
  return spawnSync(butane ?? "", [], { input: text, encoding: "utf8" }).stderr;
}

const flow = (count: number) => `x: ${"[".repeat(count)}${"]".repeat(count)}\n`;
const flowMaps = (count: number) => `x: ${"{a: ".repeat(count)}1${"}".repeat(count)}\n`;
const dashes = (count: number) => `x:\n ${"- ".repeat(count)}a\n`;
const questions = (count: number) => `x:\n ${"? ".repeat(count)}a\n`;
const both = (count: number) =>
  `x:\n ${"- ".repeat(count)}${"[".repeat(count)}${"]".repeat(count)}\n`;
/** The second half is on a line of its own. */
const twoLines = (count: number) =>
  `x: 1\ny:\n\n ${"- ".repeat(count / 2)}\n${" ".repeat(count + 2)}${"- ".repeat(count / 2)}a\n`;
const lines = (count: number) => `x:\n${" [\n".repeat(count)}${" ]\n".repeat(count)}`;

const accepted = /^warning\[\$\.x\]:/;
const tooDeep = (line: number) =>
  `Error translating config: Error unmarshaling yaml: yaml: line ${line}: exceeded max depth of 10000\n`;
const noContent = (line: number) =>
  `Error translating config: Error unmarshaling yaml: yaml: line ${line}: did not find expected node content\n`;

describe("levels", () => {
  const rows: readonly (readonly [string, string, string | RegExp])[] = [
    ["5,000 lists", flow(5_000), accepted],
    ["10,000 lists", flow(10_000), accepted],
    ["10,001 lists", flow(10_001), tooDeep(3)],
    ["9,990 maps", flowMaps(9_990), accepted],
    ["10,001 maps", flowMaps(10_001), tooDeep(3)],
    ["9,999 dashes", dashes(9_999), accepted],
    // The mapping around them counts, and the line is that of the key before.
    ["10,000 dashes", dashes(10_000), tooDeep(3)],
    ["20,000 dashes", dashes(20_000), tooDeep(3)],
    ["9,990 dashes on two lines", twoLines(9_990), accepted],
    ["10,002 dashes on two lines", twoLines(10_002), tooDeep(4)],
    ["9,999 question marks", questions(9_999), accepted],
    ["10,001 question marks", questions(10_001), tooDeep(3)],
    ["9,000 dashes and 9,000 lists", both(9_000), accepted],
    ["9,000 lines", lines(9_000), accepted],
    ["10,001 lines", lines(10_001), tooDeep(10_004)],
    ["5,000 open lists", `x: ${"[".repeat(5_000)}\n`, noContent(3)],
    ["10,000 open lists", `x: ${"[".repeat(10_000)}\n`, noContent(3)],
    ["10,001 open lists", `x: ${"[".repeat(10_001)}\n`, tooDeep(3)],
    ["5,000 lists closed as maps", `x: ${"[".repeat(5_000)}${"}".repeat(5_000)}\n`, noContent(2)],
    ["5,000 keys in lists", `x: ${"[? ".repeat(5_000)}a${"]".repeat(5_000)}\n`, accepted],
    ["5,000 keys in maps", `x: ${"{? ".repeat(5_000)}a${"}".repeat(5_000)}\n`, accepted],
    ["5,000 anchors", `x: ${"&a [".repeat(5_000)}*a${"]".repeat(5_000)}\n`, accepted],
    ["a list with itself inside", `x: &a ${"[".repeat(5_000)}*a${"]".repeat(5_000)}\n`, accepted],
    [
      "where a text belongs",
      `storage: { files: [{ path: ${"[".repeat(5_000)}${"]".repeat(5_000)} }] }\n`,
      "Error translating config: yaml: unmarshal errors:\n  line 3: cannot unmarshal !!seq into string\n",
    ],
    ["of a second document", `x: 1\n---\n${"[".repeat(10_001)}`, accepted],
  ];

  test.each(rows)("%s", (_title, body, expected) => {
    if (typeof expected === "string")
      expect(ours(header + body).trimEnd()).toBe(expected.trimEnd());
    else expect(ours(header + body)).toMatch(expected);
  });

  test.skipIf(butane === undefined).each(rows)("%s, like the real tool", (_title, body) => {
    const sorted = (text: string) => text.trimEnd().split("\n\n").toSorted();
    expect(sorted(ours(header + body))).toEqual(sorted(theirs(header + body)));
  });
});
