/** Values that a program gives, and a file cannot have. */
import { expect, test } from "vitest";
import { z } from "zod";
import { show, showType } from "../../../fleet/grammar/check.ts";
import { formatMistake } from "../../../fleet/grammar/mistakes.ts";
import { argumentMistakes, jsonProblems } from "../../../fleet/grammar/program-values.ts";

const circular: Record<string, unknown> = {};
circular["inner"] = [circular];

test.each([
  [null, "nothing", "nothing"],
  [undefined, "nothing", "nothing"],
  ["secret", '"secret"', "text"],
  [5, "5", "a number"],
  [1n, "1n", "a bigint"],
  [true, "true", "a boolean"],
  [[], "a list", "a list"],
  [{}, "a mapping", "a mapping"],
  [Object.create(null), "a mapping", "a mapping"],
  [circular, "a mapping", "a mapping"],
  [new Map(), "a value of the class Map", "a value of the class Map"],
  [() => 5, "a function", "a function"],
])("%o is shown, and its type", (value, text, type) => {
  expect([show(value), showType(value)]).toEqual([text, type]);
});

test("values that JSON can hold are accepted, even if one appears twice", () => {
  const shared = { a: [1, "a", true, null] };
  expect(jsonProblems({ one: shared, two: [shared, shared], none: undefined })).toEqual([]);
  expect(jsonProblems(Object.assign(Object.create(null) as object, { a: 1 }))).toEqual([]);
});

test("all problems are found, each with its path", () => {
  const problems = jsonProblems({ a: 1n, b: [new Date(0), { c: Number.NaN }], circular });
  expect(problems.map(({ path }) => path.join("."))).toEqual([
    "a",
    "b.0",
    "b.1.c",
    "circular.inner.0",
  ]);
});

test("the mistakes of an argument are below the name of its function", () => {
  const argument = { what: "lamp", schema: z.strictObject({ on: z.boolean() }) };
  const said = (value: unknown) =>
    argumentMistakes("house/hall", "addLamp", argument, value).map(formatMistake);
  expect(said({ on: true })).toEqual([]);
  for (const value of [undefined, "secret", Symbol("a")]) {
    expect(said(value)).toEqual([
      `house/hall: addLamp: found ${showType(value)} in place of the lamp. Write an object with on.`,
    ]);
  }
  expect(said({ on: Object.create(null), off: 1 })).toEqual([
    "house/hall: addLamp.on: found a mapping. Write true or false.",
    'house/hall: addLamp.off: unknown key "off". Known keys: on.',
  ]);
  const list = { what: "names", schema: z.array(z.enum(["a", "b"])) };
  expect(argumentMistakes("house", "name", list, [undefined, Object.create(null)])).toEqual([
    expect.objectContaining({ path: "name.0", message: "found nothing. Write one of: a, b." }),
    expect.objectContaining({ path: "name.1", message: "found a mapping. Write one of: a, b." }),
  ]);
});
