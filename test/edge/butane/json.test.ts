import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeJson } from "../../../edge/butane/json.ts";

test("escapes what Go escapes, and nothing else", () => {
  const text = '<a href="x">&\u2028\u2029\b\f\n\t\\b\\\b\u007fü';
  expect(encodeJson({ text })).toBe(
    String.raw`{"text":"\u003ca href=\"x\"\u003e\u0026\u2028\u2029\u0008\u000c\n\t\\b\\\u0008` +
      '\u007fü"}\n',
  );
});

test("is JSON of the same value, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(JSON.parse(encodeJson([text]))).toEqual([text]);
    }),
    { seed: 1 },
  );
});
