/** Credentials in URLs, and secrets in any text, are masked in a time that grows with the text alone. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskSecrets } from "../../../cli/terminal/known-secrets.ts";
import { maskCredentials } from "../../../cli/terminal/mask.ts";

test("credentials are masked wherever they stand in a text", () => {
  for (const [text, masked] of [
    ["https://ada:pa/ss@git.example.com/x.git", "https://***@git.example.com/x.git"],
    [
      "see 'https://token@a.example/' and ssh://git@b.example/x",
      "see 'https://***@a.example/' and ssh://***@b.example/x",
    ],
    ["https://git.example.com/x.git", "https://git.example.com/x.git"],
    ["git@git.example.com:x.git", "git@git.example.com:x.git"],
  ] as const) {
    expect(maskCredentials(text)).toBe(masked);
  }
});

test("credentials are masked as by a regular expression", () => {
  const pieces = ["a", "Z", "1", "+", ":", "/", "://", "@", " ", "'", "\n", "é"];
  const texts = fc
    .array(fc.constantFrom(...pieces), { maxLength: 20 })
    .map((some) => some.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      const expected = text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s'"]*@/gi, "$1***@");
      expect(maskCredentials(text)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

/** Each makes a regular expression with a free quantifier overflow the stack or try every pair of places. */
const hostile = [
  "a",
  "1",
  " ",
  "/",
  "a://",
  "x@",
  "a://b@",
  "-----BEGIN ",
  "private-key",
  "eyJ",
  "%41",
];

describe.each(hostile)("eight million characters of %j", (piece) => {
  const text = piece.repeat(8_000_000 / piece.length);

  test("credentials", () => {
    expect(maskCredentials(`${text} ssh://a:b@c`)).toMatch(/ ssh:\/\/\*\*\*@c$/);
  });

  test("secrets, and the rest is omitted", () => {
    const masked = maskSecrets(text);
    expect(masked.length).toBeLessThan(300_000);
    expect(masked).toMatch(/ … \(the rest of \d+ characters is omitted\)$/);
  });
});

test("a secret is not shown where a long text is cut", () => {
  const token = `gho_${"Secret0123".repeat(8)}`;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: token.length }), (shown) => {
      const text = " ".repeat(300_000 - shown) + token;
      expect(maskSecrets(text)).not.toContain("Secret");
      expect(maskSecrets(text)).not.toContain("gho_");
    }),
    { numRuns: 4 },
  );
});
