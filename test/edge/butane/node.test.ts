import fc from "fast-check";
import { expect, test } from "vitest";
import { childOf, nodeOf, type Place, Places } from "../../../edge/butane/node.ts";

/** The slow way. */
function placeIn(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split(/\r\n|[\r\n\u0085\u2028\u2029]/);
  return { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1 };
}

test("lines and columns are those of the text before", () => {
  const part = fc.constantFrom(
    "a",
    "é",
    "😀",
    "\n",
    "\r\n",
    "\r",
    "\u0085",
    "\u2028",
    "x".repeat(997),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), fc.nat({ max: 60 }), (parts, count) => {
      const text = parts.join("");
      const offset = parts.slice(0, count).join("").length;
      // Between \r and \n there is nothing to look for.
      if (text[offset - 1] === "\r" && text[offset] === "\n") return;
      expect(new Places(text).at(offset)).toEqual(placeIn(text, offset));
    }),
    { numRuns: 1_000 },
  );
});

test("a value of 20,000 levels is converted no deeper than it is looked at", () => {
  let value: unknown = {};
  for (let level = 0; level < 20_000; level += 1) value = { a: [value], b: level };
  const node = nodeOf(value);
  expect(childOf(node, "b")).toMatchObject({ text: "19999" });
  expect(childOf(childOf(node, "a") ?? node, 0)).toMatchObject({ kind: "mapping" });
});

test("the last of many entries with a name counts", () => {
  const entry = (text: string, value: string) => ({
    key: { kind: "scalar" as const, text, plain: true },
    value: { kind: "scalar" as const, text: value, plain: true },
  });
  for (const count of [2, 100]) {
    const entries = Array.from({ length: count }, (_, index) => entry("a", `${index}`));
    expect(childOf({ kind: "mapping", entries }, "a")).toMatchObject({ text: `${count - 1}` });
  }
});
