import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson, TooLarge } from "../../../../gitops/programs/shared/json.ts";

const limits = { valuesMax: 10, depthMax: 3 };
const parse = (text: string) => parseJson(Buffer.from(text), limits);

test.each([
  ["values in an array", "[1,2,3,4,5,6,7,8,9]"],
  ["values in an object", '{"a":1,"b":2,"a":3}'],
  ["levels", '[{"a":[]}]'],
  ["brackets in texts", `["${"[{,".repeat(100)}\\"[[[[", "\\\\"]`],
])("%s within the limits are parsed", (_, text) => {
  expect(parse(text)).toEqual(JSON.parse(text));
});

test.each([
  ["values in an array", "[1,2,3,4,5,6,7,8,9,10]"],
  ["empty objects", `[${"{},".repeat(10)}{}]`],
  ["levels", "[[[[]]]]"],
  ["levels without an end", "[".repeat(1000)],
])("%s beyond the limits are refused before they are parsed", (_, text) => {
  expect(() => parse(text)).toThrow(TooLarge);
});

test("what is not JSON is not quoted", () => {
  for (const text of ["", "a password", "[", "\ufeff{}", "{} x", "nul", "]]]]"]) {
    expect(() => parse(text)).toThrow(/^the answer is not JSON$/);
  }
});

/** Counted after parsing, as the limits mean it. */
function sizeOf(value: unknown): { values: number; depth: number } {
  if (typeof value !== "object" || value === null) return { values: 1, depth: 0 };
  const parts = Object.values(value).map(sizeOf);
  return {
    values: 1 + parts.reduce((sum, part) => sum + part.values, 0),
    depth: 1 + parts.reduce((most, part) => Math.max(most, part.depth), 0),
  };
}

test("any value that passes has no more than the limits, and one of half the size passes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(2), (value, space) => {
      const { values, depth } = sizeOf(value);
      const text = JSON.stringify(value, undefined, space);
      if (depth > 3 || values > 10) expect(() => parse(text)).toThrow(TooLarge);
      else if (values <= 5) expect(parse(text)).toEqual(JSON.parse(text));
    }),
    { numRuns: 2000 },
  );
});
