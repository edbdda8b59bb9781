import { expect, test } from "vitest";
import { manifestTemplates } from "../../../fleet/resolve/manifest-templates.ts";

test.each([
  ["? [a]\n: 1\n", "1:3", "a list or a mapping"],
  ["a: &a [x]\n*a : 1\n", "2:1", "a list or a mapping"],
  ["!!binary aGk=: 1\n", "1:10", "binary data"],
  ["a: &a !!binary aGk=\n*a : 1\n", "2:1", "binary data"],
])("a key that is not text is a mistake: %j", (text, place, what) => {
  const { mistakes } = manifestTemplates([{ file: "a.yaml", text }]);
  expect(mistakes.map(({ line, column, message }) => [`${line}:${column}`, message])).toEqual([
    [
      place,
      `found ${what} as a key. Write text; templates are written \${version}, not {{ version }}.`,
    ],
  ]);
});

test.each(["a: 1\n", "1: a\n", "null: a\n", "true: a\n", "a: &a x\n*a : 1\n"])(
  "a key that is text, or is written as text, is none: %j",
  (text) => {
    expect(manifestTemplates([{ file: "a.yaml", text }]).mistakes).toEqual([]);
  },
);
