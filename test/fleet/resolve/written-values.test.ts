/** Anything else where values are expected is reported, and is not used as values. */
import { describe, expect, test } from "vitest";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { writtenParts, writtenValues } from "../../../fleet/resolve/written-values.ts";

const odd = ["", "null", "~", "7", "text", "true", "[]", "[a, b]"];

describe.each(odd.map((value) => [value]))("%j instead of a mapping", (value) => {
  const read = (text: string) => parseSource("fleet.yaml", text);

  test.each(["workloads:", "workloads:\n  web:", "workloads:\n  web:\n    values:"])(
    "values at %j",
    (keys) => {
      const { values, siteValues } = writtenValues(read(`${keys} ${value}\n`), "web");
      expect(values).toEqual({});
      expect([...siteValues]).toEqual([]);
    },
  );

  test("values of a site", () => {
    const all = writtenValues(read(`workloads:\n  web:\n    sites: ${value}\n`), "web");
    expect([...all.siteValues]).toEqual([]);
    const one = `workloads:\n  web:\n    values: { a: 1 }\n    sites:\n      basel: ${value}\n      aarau: { a: 2 }\n`;
    const { values, siteValues } = writtenValues(read(one), "web");
    expect(values).toEqual({ a: 1 });
    expect([...siteValues]).toEqual([
      ["aarau", { a: 2 }],
      ["basel", {}],
    ]);
  });

  test("parts", () => {
    const levels = [
      ["profiles", "till"],
      ["devices", "store"],
    ];
    const other = "devices:\n  store:\n    parts:\n      signage: { tty: 2 }\n";
    for (const keys of ["profiles:", "profiles:\n  till:", "profiles:\n  till:\n    parts:"]) {
      const parts = writtenParts(read(`${keys} ${value}\n${other}`), levels);
      expect([...parts]).toEqual([["signage", { tty: 2 }]]);
    }
    const named = `profiles:\n  till:\n    parts:\n      signage: ${value}\n`;
    // Null removes a part. An empty value is a mistake before that.
    const isNull = ["", "null", "~"].includes(value);
    expect([...writtenParts(read(named), levels)]).toEqual(isNull ? [] : [["signage", {}]]);
    expect([...writtenParts(read(named + other), levels)]).toEqual([["signage", { tty: 2 }]]);
  });
});
