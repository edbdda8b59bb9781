/** Typical slips in YAML: each is one mistake, at the place to change, with what to write. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { manifestTemplates } from "../../../fleet/resolve/manifest-templates.ts";

function mistakesIn(text: string): string[] {
  try {
    parseSource("f", text);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map(formatMistake);
  }
}

const rest = "\nnext:\n  key: value\nlast: [1, 2]\n";

describe("one mistake", () => {
  test.each([
    ["a:\n\tb: 1", "2:1: this line is indented with a tab. Use spaces."],
    ["a:\n\tb: 1\n\tc: 2\n\td: 3", "2:1: this line is indented with a tab. Use spaces."],
    ["a:\n  b: 1\n\tc: 2", "3:1: this line is indented with a tab. Use spaces."],
    ["a:\n  \tb: 1", "2:3: this line is indented with a tab. Use spaces."],
    [
      "a:\n  b: 1\n c: 2",
      "3:2: this line is indented by 1 space, and no line above it that it can belong to is. Align it with the other keys.",
    ],
    [
      "a:\n  b: 1\n   c: 2",
      "3:4: this line is indented deeper than the line above it, which has a value. Align the two.",
    ],
    [
      "a:\n  - b\n - c",
      "3:1: this line is indented by 1 space, and no line above it that it can belong to is. Align it with the other keys.",
    ],
    ['a: "b', '1:4: the quote " is not closed. Write " at the end of the text.'],
    ['a: "b\nc: "d"', '1:4: the quote " is not closed. Write " at the end of the text.'],
    ['a: { b: "c }', '1:9: the quote " is not closed. Write " at the end of the text.'],
    ["a: 'b", "1:4: the quote ' is not closed. Write ' at the end of the text."],
    ["a: 'it's'", "1:8: found text after the end of a value. Write the whole value in quotes."],
    ["a: [b, c", "1:4: the bracket [ is not closed. Write ] at its end."],
    ["a: { b: c", "1:4: the bracket { is not closed. Write } at its end."],
    ["a: [b]]", '1:7: found "]" without its opening bracket. Delete it.'],
    ["a: { b: c }}", '1:12: found "}" without its opening bracket. Delete it.'],
    ["a: { b: 1 c: 2 }", '1:9: found no "," between two keys. Write one before the second.'],
    ["a: 1\na: 2", '2:1: the key "a" appears twice. Delete one of the two.'],
    ["a:b", '1:1: found "a:b". Write a space after the colon: a: b'],
    ["z: 1\na:b", '2:1: found "a:b". Write a space after the colon: a: b'],
    ["z: 1\na = b", '2:1: found "a = b". Write a space after the colon: a: b'],
    [
      "z: 1\njust text",
      '2:1: found "just text". Write a key, a colon, a space and a value: "key: value".',
    ],
    ["a: { b:c }", 'a: found "b:c". Write a space after the colon: b: c', "1:6: "],
    [
      "a: *b",
      "1:4: the anchor &b is not defined above. Define it, or write the value instead of *b.",
    ],
    ["a: *", '1:4: a text that starts with * must be in quotes: "*…".'],
    ["a: @b", '1:4: a text that starts with @ must be in quotes: "@…".'],
    ["a: `b`", '1:4: a text that starts with ` must be in quotes: "`…".'],
    ["a: %b", '1:4: a text that starts with % must be in quotes: "%…".'],
    [
      "a: &d { x: 1 }\nb:\n  <<: *d",
      "3:3: merge keys (<<) are not supported. Write the keys here, or use an alias for a whole value.",
    ],
    [
      "b:\n  <<: { x: 1 }",
      "2:3: merge keys (<<) are not supported. Write the keys here, or use an alias for a whole value.",
    ],
    ["a: b: c", '1:4: this value contains ": ". Write it in quotes, or on a line of its own.'],
    ["a: - b", "1:4: found a list on the line of its key. Start each item on a line of its own."],
    ["a: 1\n- b", "2:1: keys and list items are mixed here. Indent the items under their key."],
    ["a: |x\n  b", "1:5: found text after | or >. Write the text on the next line, indented."],
    ["a: |\ntext", '2:1: found "text". Write a key, a colon, a space and a value: "key: value".'],
    [
      'a: "\\d"',
      '1:5: "\\d" is not a valid escape in double quotes. Write "\\\\" for a backslash, or use single quotes.',
    ],
    [
      'a: "C:\\users"',
      '1:7: "\\u" is not a valid escape in double quotes. Write "\\\\" for a backslash, or use single quotes.',
    ],
    ["a: {{ b }}", "a: templates like {{ b }} are not supported here. Write the value.", "1:5: "],
    ["a: !vault b", "1:4: found the tag !vault, which has no meaning here. Delete it."],
    [
      "a: !!python/name:x b",
      "1:4: found the tag !!python/name:x, which has no meaning here. Delete it.",
    ],
    ...["binary aGVsbG8=", "timestamp 2001-12-14", "set { b: }", "omap [ b: 1 ]"].map((tagged) => [
      `a: !!${tagged}`,
      `1:4: the tag !!${tagged.split(" ")[0]} is not supported here. Write plain text, a list or a mapping without a tag.`,
    ]),
    [
      "a: 0120",
      'a: found 0120, which is octal for some programs. Write "0120" for text, or 120 for a number.',
      "1:4: ",
    ],
    ...["1103482938471936123", "-9007199254740993", "0xffffffffffffffff"].map((number) => [
      `a: ${number}`,
      `a: ${number} has too many digits for a number. Write fewer, or text in quotes: "${number}".`,
      "1:4: ",
    ]),
    ["01: a", '1:1: the key 01 is not text. Write it in quotes: "01".'],
    ["a:\u00a0b", "1:3: found the invisible character U+00A0. Write a normal space, or delete it."],
    [
      "a:\n\u00a0\u00a0b: 1",
      "2:1: found the invisible character U+00A0. Write a normal space, or delete it.",
    ],
    [
      "a: b\u00a0",
      "a: found the invisible character U+00A0. Write a normal space, or delete it.",
      "1:4: ",
    ],
    ["a:\u3000b", "1:3: found the invisible character U+3000. Write a normal space, or delete it."],
    ["a\uff1a b", '1:2: found the full-width character "\uff1a". Write ":".'],
    [
      "a: \u201cb\u201d",
      'a: found the quotes of a word processor. Write straight quotes: "b".',
      "1:4: ",
    ],
    ["a: 1\r", "1:5: lines end with CR alone. Save this file with LF line ends."],
    [
      "a: 1\n---\nb: 2",
      "2:1: a second document starts here (---). Write one document in this file.",
    ],
    ["%FOO\na: 1", '1:1: a text that starts with % must be in quotes: "%…".'],
  ])("%j", (text, message, place = "") => {
    const ending = text.endsWith("\r") ? "b: 2" : rest;
    expect(mistakesIn(text + ending)).toEqual([`f:${place}${message}`]);
  });

  test("and none in what is valid", () => {
    for (const text of [
      "a:\r\n  b: 1\r\n",
      "\ufeffa: 1\n",
      "a:\tb\n",
      "a: 'The \u00a0 first \u201ccafé\u201d'\n",
      "a: the\u00a0caf\u00e9 # \u00a0\n",
      "a: 03:00\nb: 2026-11-28\nc: 0o17\n",
      'a: "one\n  two"\n',
      "--- # first\na: 1\n...\n",
    ]) {
      expect(mistakesIn(text)).toEqual([]);
    }
  });

  test("in manifests too", () => {
    const { mistakes } = manifestTemplates([
      { file: "f", text: "a: 1\n---\nb: [c]]\nd: 1\ne:\n\tf: 1\n---\ng: }\n" },
    ]);
    expect(mistakes.map(formatMistake)).toEqual([
      'f:3:7: found "]" without its opening bracket. Delete it.',
    ]);
  });
});

const whole =
  "fleet: x\nlist:\n  - a: 1\n    b: \"c\"\nmap: { k: [1, 'two'] }\ntext: |\n  hello\nend: 1\n";

test("any one wrong character is named inside the file, without words of the library", () => {
  const signs = fc.constantFrom(..."[]{}:,-\"'|>*&!%@`#?\t \n\u00a0".split(""), "---\n", "<<: ");
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(2), signs, (at, deleted, sign) => {
      const text = whole.slice(0, at) + sign + whole.slice(at + deleted);
      const mistakes = mistakesIn(text);
      const lines = mistakes.map((each) => Number(/^f:(\d+):\d+: /.exec(each)?.[1]));
      expect(lines.every((line) => line >= 1 && line <= text.split("\n").length)).toBe(true);
      expect(mistakes.join("\n")).not.toMatch(/token|implicit|parse[A-Z]|flow-|node|undefined/i);
    }),
    { numRuns: 500, seed: 13 },
  );
});
