/** A document merged over another: its value, and the place of each value and mistake. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { overlaySource } from "../../../fleet/grammar/overlay.ts";
import { parseSource, type Path } from "../../../fleet/grammar/source.ts";
import { isMapping } from "../../../fleet/model/values.ts";

const over = (base: string, top: string) =>
  overlaySource(parseSource("fleet.yaml", base), parseSource("top.yaml", top));

const mistakesOf = (load: () => unknown): string => {
  try {
    load();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("there is no mistake");
};

/** Mappings three levels deep, whose scalars name the file that they are in. */
function documents(file: string) {
  const keys = fc.constantFrom("a", "b", "c", "1", "constructor");
  const scalar = fc.nat(999).map((number) => `${file}-${number}`);
  const leaf = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }));
  const nothing = file === "top" ? [fc.constant(null)] : [];
  const deeper = (inner: fc.Arbitrary<unknown>) =>
    fc.dictionary(keys, fc.oneof(leaf, ...nothing, inner), { noNullPrototype: true });
  return deeper(deeper(deeper(fc.constant({}))));
}

/** The algorithm of RFC 7396, except that null stays where there is nothing to remove. */
function patched(target: unknown, patch: unknown): unknown {
  if (!isMapping(patch) || !isMapping(target)) return patch;
  const result: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (!Object.hasOwn(target, name)) result[name] = value;
    else if (value === null) delete result[name];
    else result[name] = patched(target[name], value);
  }
  return result;
}

function leavesOf(value: unknown, path: Path = []): { path: Path; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

test("any two documents merge as a JSON Merge Patch, and each value is at its place in its file", () => {
  fc.assert(
    fc.property(documents("fleet"), documents("top"), (base, top) => {
      const texts = { "fleet.yaml": stringify(base), "top.yaml": stringify(top) };
      const source = over(texts["fleet.yaml"], texts["top.yaml"]);
      expect(source.value).toEqual(patched(base, top));
      for (const { path, text } of leavesOf(source.value)) {
        const { file, line = 0, column = 0 } = source.mistake(path, "");
        expect(file).toBe(`${text.split("-")[0]}.yaml`);
        expect(source.fileOf(path)).toBe(file);
        const written = texts[file as keyof typeof texts].split("\n")[line - 1] ?? "";
        expect(written.slice(column - 1)).toBe(text);
      }
    }),
    { numRuns: 500 },
  );
});

describe("the place of what is not written", () => {
  const base = "a:\n  b: 1\nshared:\n  x: 1\n";
  const top = "fleet: one\nshared:\n  y: 2\ngone: null\n";
  test.each([
    ["a mapping of the base alone", ["a", "missing"], "fleet.yaml:2:3"],
    ["a mapping of both", ["shared", "missing"], "top.yaml:3:3"],
    ["at the top", ["missing"], "top.yaml:1:1"],
    ["the whole", [], "top.yaml:1:1"],
    ["a key of the base", ["shared", "x"], "fleet.yaml:4:6"],
    ["a key of the overlay", ["shared", "y"], "top.yaml:3:6"],
  ])("%s", (_, path, place) => {
    const { file, line, column } = over(base, top).mistake(path, "");
    expect(`${file}:${line}:${column}`).toBe(place);
  });
});

test("a null that removes nothing says so, whatever was expected there", () => {
  const source = over(
    "devices: { a: { site: b } }\n",
    "devices: { c: null, a: { ring: ~ }, d: }\n",
  );
  const say = (...path: string[]) => {
    const { file, line, column, message } = source.mistake(path, "found nothing. Write a mapping.");
    return `${file}:${line}:${column}: ${message}`;
  };
  const nothing =
    "fleet.yaml does not have this key, so there is nothing to remove. Delete this line.";
  expect(say("devices", "c")).toBe(`top.yaml:1:15: ${nothing}`);
  expect(say("devices", "a", "ring")).toBe(`top.yaml:1:32: ${nothing}`);
  expect(say("devices", "d")).toContain("found nothing. Write a mapping.");
  expect(say("devices", "a")).toContain("found nothing. Write a mapping.");
});

test("comments, anchors and blocks are those of each file", () => {
  const base = "# base\nx: &one { a: 1.10 }\ny: *one\ntext: |\n  b\n";
  const top = "# top\nz: &one { a: 2.10 }\ny: *one\nother: |\n\n  first\n";
  const source = over(base, top);
  expect(source.value).toMatchObject({ x: { a: 1.1 }, y: { a: 2.1 }, text: "b\n" });
  expect([source.written(["x", "a"]), source.written(["y", "a"])]).toEqual(["1.10", "2.10"]);
  expect(source.blockPlace(["text"])).toEqual({ line: 5, column: 3 });
  expect(source.blockPlace(["other"])).toEqual({ line: 5, column: 3 });
  expect(mistakesOf(() => over("a: 1\n", "__proto__: { x: 1 }\n"))).toContain("__proto__");
});

test("an empty value removes nothing: it is a mistake, at its line", () => {
  const base = "rings: [canary]\nsites: { a: { b: 1 } }\n";
  expect(mistakesOf(() => over(base, "rings:\n#  - canary\nsites:\n  a:\n    b:\n"))).toBe(
    [
      "top.yaml:1:1: rings: found nothing. Write a value, or write null to remove this key of fleet.yaml.",
      "top.yaml:5:5: sites.a.b: found nothing. Write a value, or write null to remove this key of fleet.yaml.",
    ].join("\n"),
  );
  expect(over(base, "rings: null\nsites: { a: { b: ~ } }\n").value).toEqual({ sites: { a: {} } });
});

test.each([
  ["# nothing\n", "this file is empty. Write a mapping."],
  ["[]\n", "this file contains a list. Write a mapping."],
  ["text\n", 'this file contains "text". Write a mapping.'],
])("%j is no overlay and no base", (text, message) => {
  expect(mistakesOf(() => over("a: 1\n", text))).toBe(`top.yaml:1:1: ${message}`);
  expect(mistakesOf(() => over(text, "a: 1\n"))).toBe(`fleet.yaml:1:1: ${message}`);
});

test("the name of a secret replaces another one whole, and labels are merged", () => {
  const { value } = over(
    "login: { file: a.txt }\nlabels: { file: x }\n",
    "login: { env: LOGIN }\nlabels: { env: prod }\n",
  );
  expect(value).toEqual({ login: { env: "LOGIN" }, labels: { file: "x", env: "prod" } });
});
