import fc from "fast-check";
import { expect, test } from "vitest";
import { shortened } from "../../../fleet/model/shortened.ts";

const long = "x".repeat(1_500);

test.each([
  [
    "a quoted text",
    `"${long}" is invalid. Write one.`,
    `"${"x".repeat(100)}…" (1500 characters) is invalid. Write one.`,
  ],
  [
    "a word",
    `found ${long}. Write one.`,
    `found${` ${long}`.slice(0, 100)}… (1502 characters) Write one.`,
  ],
  [
    "a quoted text with quotes in it",
    `${JSON.stringify(`a"b\\${long}`)} is invalid.`,
    `"a\\"b\\\\${"x".repeat(94)}…" (1506 characters) is invalid.`,
  ],
  [
    "a text with spaces in quotes",
    `"${"a b ".repeat(100)}" is long`,
    `"${"a b ".repeat(25)}…" (400 characters) is long`,
  ],
])("%s keeps its start", (_what, text, expected) => {
  expect(shortened(text)).toBe(expected);
});

test("a message of any text is short, and a short one stays", () => {
  const piece = fc.string({ maxLength: 3_000, unit: "binary" });
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.constantFrom(" ", '"', "\\", ", "),
      (pieces, mark) => {
        const text = pieces.join(mark);
        expect(shortened(text).length).toBeLessThan(4_100);
        if (text.length <= 200) expect(shortened(text)).toBe(text);
      },
    ),
  );
});

test("a secret at the cut is masked before it is cut", () => {
  const secret = "s3cr3t".repeat(8);
  const mask = (text: string) => text.replaceAll(secret, "<secret>");
  for (let before = 40; before < 110; before++) {
    const shown = shortened(`"${"a".repeat(before)}${secret}${long}"`, mask);
    expect(shown).not.toContain("s3cr3t");
  }
});
