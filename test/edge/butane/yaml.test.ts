/** Texts that are no YAML, and what butane 0.29.0 says to them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { translateText } from "../../../edge/butane/translate.ts";
import { parseYaml } from "../../../edge/butane/yaml.ts";

describe("no YAML", () => {
  test.each([
    ["a: b: c\n", "line 3: mapping values are not allowed in this context"],
    ["a: [1, 2\nb: 3\n", "line 2: did not find expected ',' or ']'"],
    ["a: {x: 1\n", "line 2: did not find expected ',' or '}'"],
    ['a: "abc\n', "line 3: found unexpected end of stream"],
    ["a:\n\tb: c\n", "line 4: found character that cannot start any token"],
    ["a:\n  - b\n c\n", "line 4: did not find expected key"],
    ["a: @x\n", "line 3: found character that cannot start any token"],
    ["a: *nope\n", "unknown anchor 'nope' referenced"],
    ["key\n", "line 3: could not find expected ':'"],
    ["a:\n  - b: c\n d: e\n", "line 4: did not find expected key"],
    ['a: "\\q"\n', "line 3: found unknown escape character"],
    ["- x\n", "line 2: did not find expected key"],
    ["a: |0\n  x\n", "line 3: found an indentation indicator equal to 0"],
    ["a: ]\n", "line 2: did not find expected node content"],
    ["a: - b\n", "line 3: block sequence entries are not allowed in this context"],
    ["x: 1\n\ty: 2\n", "line 3: found a tab character that violates indentation"],
    ['a: "\u0001"\n', "control characters are not allowed"],
  ])("%j: %s", (body, message) => {
    expect(translateText(`variant: fcos\nversion: 1.7.0\n${body}`)).toEqual({
      error: `Error unmarshaling yaml: yaml: ${message}`,
      report: [],
    });
  });

  test("of another version than 1.1", () => {
    const { error } = translateText("%YAML 1.2\n---\nvariant: fcos\nversion: 1.7.0\n");
    expect(error).toBe("Error unmarshaling yaml: yaml: found incompatible YAML document");
  });
});

describe("scalars", () => {
  test.each([
    ["|\n  a\n   b\n\n\n", "a%0A%20b%0A"],
    ["|-\n  a\n", "a"],
    ["|+\n  a\n\n", "a%0A%0A%0A"],
    ["|2\n    a\n", "%20%20a%0A"],
    [">\n  a\n  b\n\n  c\n    d\n", "a%20b%0Ac%0A%20%20d%0A"],
    ['"a\\\n  b\\n c\n\n  d"', "ab%0A%20c%0Ad"],
    ["'it''s\n  so'", "it's%20so"],
    ["a b\n  c # d", "a%20b%20c"],
    ["a#b:c", "a%23b%3Ac"],
    ['"\\u00e9\\x41\\/"', "%C3%A9A%2F"],
  ])("%j", (scalar, escaped) => {
    const indented = scalar.replaceAll("\n  ", "\n          ");
    const text = `variant: fcos\nversion: 1.7.0\nstorage:
  files:
    - path: /a
      contents:
        inline: ${indented}\n`;
    const { ignition } = translateText(text);
    const source = `"source":"data:,${escaped}"`;
    expect(ignition).toContain(source);
  });
});

/** Empty ones, ones of nothing but spaces, and ones that go on deeper; the first is filled. */
const blockLines = fc.array(fc.constantFrom("", "a", " b", "   c: d", "- e", "  ", "é", "x\ty"), {
  maxLength: 12,
});

test("a literal block is its lines, however they are indented, and whatever follows it", () => {
  const breaks = fc.constantFrom("\n", "\r\n");
  fc.assert(
    fc.property(blockLines, fc.integer({ min: 1, max: 6 }), breaks, (more, indent, lineEnd) => {
      const lines = ["first", ...more, "last"];
      const written = lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line));
      const text = ["a: |", ...written, "b: c", ""].join(lineEnd);
      const root = parseYaml(text);
      const entries = root?.kind === "mapping" ? root.entries : [];
      expect(entries.map(({ value }) => value.kind === "scalar" && value.text)).toEqual([
        `${lines.join("\n")}\n`,
        "c",
      ]);
      // The place behind the block is right, too.
      expect(entries[1]?.key.offset).toBe(text.lastIndexOf("b: c"));
    }),
    { numRuns: 500 },
  );
});
