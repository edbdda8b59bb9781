import { describe, expect, test } from "vitest";
import { FormatError } from "../../../../edge/formats/bytes.ts";
import { fitJson } from "../../../../cli/compat/coreos-installer/json-shape.ts";
import type { Shape } from "../../../../cli/compat/coreos-installer/json-shape.ts";
import { parseJson } from "../../../../cli/compat/coreos-installer/json.ts";

const bytes = (text: string) => Buffer.from(text, "utf8");

const shape: Shape = {
  name: "Thing",
  fields: [
    { name: "name", type: "string", absent: "required" },
    { name: "mode", type: "integer", absent: "null" },
    { name: "size", type: "count", absent: "omitted" },
    { name: "on", type: "boolean", absent: "defaulted" },
    { name: "tags", type: { items: "string", nullable: true }, absent: "omitted" },
    { name: "mark", type: "character", absent: "omitted" },
  ],
};

function fitted(text: string): unknown {
  return fitJson(bytes(text), parseJson(bytes(text)), shape).value;
}

function mistakeOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof FormatError) return error.reference;
    throw error;
  }
  return ["no mistake"];
}

/** Each message was seen of coreos-installer 0.27.0. */
test.each([
  ["", "EOF while parsing a value at line 1 column 0"],
  ["\n\n  ", "EOF while parsing a value at line 3 column 2"],
  ["tru", "EOF while parsing a value at line 1 column 3"],
  ["not", "expected ident at line 1 column 2"],
  ['"abc', "EOF while parsing a string at line 1 column 4"],
  ["-", "EOF while parsing a value at line 1 column 1"],
  ["01", "invalid number at line 1 column 2"],
  ["{a:1}", "key must be a string at line 1 column 2"],
  ['{"a" 1}', "expected `:` at line 1 column 6"],
  ['{"a":1 "b"}', "expected `,` or `}` at line 1 column 8"],
  ['{"a":{},}', "trailing comma at line 1 column 9"],
  ['{"a":[1,]}', "expected value at line 1 column 9"],
  ['{"a":{"b":"c"', "EOF while parsing an object at line 1 column 13"],
  ['{"a":1} x', "trailing characters at line 1 column 9"],
  ["\u00ff", "expected value at line 1 column 1"],
  ['"\\ud800"', "unexpected end of hex escape at line 1 column 7"],
  ["[".repeat(200), "recursion limit exceeded at line 1 column 129"],
])("%j is no JSON", (text, message) => {
  expect(mistakeOf(() => parseJson(bytes(text)))).toEqual([message]);
});

describe("a shape", () => {
  test("fields are written in its order, nulls as it says, others are named", () => {
    const text = '{"extra":[1],"tags":["a",null],"on":true,"name":"é\\n","mark":"#","size":null}';
    const { value, unused } = fitJson(bytes(text), parseJson(bytes(text)), shape);
    expect(JSON.stringify(value)).toBe(
      '{"name":"é\\n","mode":null,"on":true,"tags":["a",null],"mark":"#"}',
    );
    expect(unused).toEqual(["$.extra"]);
  });

  test.each([
    ["{}", "missing field `name` at line 1 column 2"],
    ["[]", "invalid length 0, expected struct Thing with 6 elements at line 1 column 2"],
    ["1", "invalid type: integer `1`, expected struct Thing at line 1 column 1"],
    ['{"name":1}', "invalid type: integer `1`, expected a string at line 1 column 9"],
    ['{"name":[]}', "invalid type: sequence, expected a string at line 1 column 8"],
    [
      '{"name":"a","mode":1.5}',
      "invalid type: floating point `1.5`, expected i64 at line 1 column 22",
    ],
    [
      '{"name":"a","mode":9999999999999999999}',
      "invalid value: integer `9999999999999999999`, expected i64 at line 1 column 38",
    ],
    ['{"name":"a","size":-1}', "invalid value: integer `-1`, expected u64 at line 1 column 21"],
    ['{"name":"a","on":null}', "invalid type: null, expected a boolean at line 1 column 21"],
    ['{"name":"a","name":"b"}', "duplicate field `name` at line 1 column 18"],
    [
      '{"name":"a",\n"mark":"ab"}',
      'invalid value: string "ab", expected a character at line 2 column 11',
    ],
  ])("%s", (text, message) => {
    expect(mistakeOf(() => fitted(text))).toEqual([message]);
  });
});
