/** Patterns of a shell. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesGlob } from "../../../edge/snippets/glob.ts";

test.each([
  ["wg-*", "wg-hub", true],
  ["*", "", true],
  ["w?-h*b", "wg-hub", true],
  ["wg-*x", "wg-hub", false],
  ["[v-x]g-hub", "wg-hub", true],
  ["[!v-x]g-hub", "wg-hub", false],
  ["[]w]g-hub", "wg-hub", true],
  ["[", "[", true],
  ["[z-a]", "b", false],
  ["wg-hub", "wg-hub2", false],
  ["a.c", "abc", false],
])("%j for %j: %j", (pattern, name, expected) => {
  expect(matchesGlob(pattern, name)).toBe(expected);
});

test("as a regular expression", () => {
  const letters = (...some: string[]) =>
    fc.array(fc.constantFrom(...some), { maxLength: 8 }).map((all) => all.join(""));
  fc.assert(
    fc.property(letters("a", "b", "*", "?"), letters("a", "b"), (pattern, name) => {
      const source = pattern.replaceAll("*", ".*").replaceAll("?", ".");
      expect(matchesGlob(pattern, name)).toBe(new RegExp(`^${source}$`).test(name));
    }),
  );
});

test("in bounded time", () => {
  const used = process.cpuUsage();
  for (const piece of ["*a", "*?", "*", "[", "[a"]) {
    for (const length of [4_000, 1_000_000]) {
      expect(matchesGlob(`${piece.repeat(length / piece.length)}b`, "a".repeat(60))).toBe(false);
    }
  }
  expect(process.cpuUsage(used).user / 1_000_000).toBeLessThan(1);
});
