import { describe, expect, test } from "vitest";
import { booleanOf, integerOf, isNothing } from "../../../edge/butane/scalars.ts";

const plain = (text: string) => ({ kind: "scalar", text, plain: true }) as const;
const quoted = (text: string) => ({ kind: "scalar", text, plain: false }) as const;

describe("whole numbers", () => {
  test.each([
    "0644",
    "0o644",
    "0O644",
    "0x1a4",
    "0b110100100",
    "4_20",
    "+420",
    "420.0",
    "4.2e2",
    "420.9",
  ])("%s is 420", (text) => expect(integerOf(plain(text))).toBe(420));

  test.each([
    ["0888", 888],
    ["0", 0],
    ["-2", -2],
    ["-010", -8],
  ])("%s is %i", (text, value) => expect(integerOf(plain(text))).toBe(value));

  test.each(["", "abc", "0x", "4 2", "1e400", ".", ".inf", "2001-01-01", "99999999999999999999"])(
    "%j is none",
    (text) => expect(integerOf(plain(text))).toBeUndefined(),
  );

  test("are never quoted", () => expect(integerOf(quoted("0644"))).toBeUndefined());
});

describe("truth values", () => {
  test.each(["true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"])(
    "%s is true",
    (text) => expect(booleanOf(plain(text))).toBe(true),
  );
  test.each(["false", "n", "No", "OFF"])("%s is false", (text) =>
    expect(booleanOf(plain(text))).toBe(false),
  );
  test.each(["1", "tRUE", "", "nope"])("%j is none", (text) =>
    expect(booleanOf(plain(text))).toBeUndefined(),
  );
  test("are quoted only in the words of YAML 1.1", () => {
    expect(booleanOf(quoted("true"))).toBeUndefined();
    expect(booleanOf(quoted("yes"))).toBe(true);
    expect(booleanOf(quoted("Off"))).toBe(false);
  });
});

describe("nothing", () => {
  test.each(["", "~", "null", "Null", "NULL"])("%j is nothing", (text) => {
    expect(isNothing(plain(text))).toBe(true);
    expect(isNothing(quoted(text))).toBe(false);
  });
});
