/** What is written to a log: one line a message, whatever is in it. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { logLine } from "../../../../gitops/programs/shared/log.ts";

test.each([
  ["a line break", "till-01: x\r\ntill-02: y", String.raw`till-01: x\u000d\u000atill-02: y`],
  ["an escape sequence", "\u001b[2Kx\u009b1m", String.raw`\u001b[2Kx\u009b1m`],
  ["other line breaks", "\u0085\u2028\u2029", String.raw`\u0085\u2028\u2029`],
  ["a change of direction", "\u202ex\u2066", String.raw`\u202ex\u2066`],
  ["what has no width", "\u200bx\ufeff\u00ad", String.raw`\u200bx\ufeff\u00ad`],
  ["half of a character", "\ud800x", String.raw`\ud800x`],
  ["other writing", "Düsseldorf 北京 😀", "Düsseldorf 北京 😀"],
])("%s is escaped, and nothing else", (_, message, line) => {
  expect(logLine(message)).toBe(line);
});

test("a message of any text is one line of at most 12,001 characters", () => {
  const texts = fc.string({ unit: "binary", maxLength: 5000 });
  fc.assert(
    fc.property(texts, (text) => {
      const line = logLine(text);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u);
      expect(line.length).toBeLessThanOrEqual(6 * 2000 + 1);
    }),
    { numRuns: 500 },
  );
});

/** The sources of all programs but one file. */
function sources(except: string): readonly { readonly file: string; readonly text: string }[] {
  const root = "gitops/programs";
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.includes("/") && file.endsWith(".ts") && file !== except)
    .map((file) => ({ file, text: readFileSync(`${root}/${file}`, "utf8") }));
}

test("no program writes to its log in another way", () => {
  const others = sources("shared/log.ts");
  expect(others.length).toBeGreaterThan(20);
  const pattern = /\bconsole\b|std(?:out|err)\b/;
  expect(others.filter(({ text }) => pattern.test(text))).toEqual([]);
});

test("no program parses JSON from outside without limits", () => {
  // Settings are of the state repository.
  const pattern = /JSON\.parse\((?!SETTINGS|readFileSync\(SETTINGS)/;
  expect(sources("shared/json.ts").filter(({ text }) => pattern.test(text))).toEqual([]);
});
