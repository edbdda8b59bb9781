import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalText } from "../../../cli/project/canonical-text.ts";

const leaf = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom("", "a", "1", "null", "undefined", "[", "],[", '"', ","),
  fc.constantFrom<unknown>(0, -0, 1, 1.5, NaN, null, undefined, true, false),
  fc.uint8Array({ maxLength: 2 }),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "1"), tie("value"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 2 }).map((pairs) => new Map(pairs)),
  ),
}));

describe("the text of a value", () => {
  test("is that of another one only if both are equal", () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const isSame = canonicalText(one) === canonicalText(other);
        if (isSame) expect(isDeepStrictEqual(one, other)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("is the same for a copy", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(canonicalText(structuredClone(one))).toBe(canonicalText(one));
      }),
    );
  });

  test("does not depend on how the engine stores a list", () => {
    const holed: string[] = [];
    [holed[1], holed[0]] = ["b", "a"];
    expect(canonicalText(holed)).toBe(canonicalText(["a", "b"]));
  });

  test.each([[() => ""], [new Date(0)], [Symbol("a")], [new Set()], [{ a: { b: [() => ""] } }]])(
    "there is none for %s",
    (odd) => expect(() => canonicalText(odd)).toThrow("has no text"),
  );

  test("keys in another order are another value", () => {
    expect(canonicalText({ a: 1, b: 2 })).not.toBe(canonicalText({ b: 2, a: 1 }));
  });
});
