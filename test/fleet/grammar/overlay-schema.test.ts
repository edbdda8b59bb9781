/** The JSON Schema of an environment's file, as an editor applies it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { overlayJsonSchema } from "../../../fleet/grammar/overlay-schema.ts";
import { isMapping } from "../../../fleet/model/values.ts";
import { grammar } from "../../../gitops/grammar.ts";

const schema = z.fromJSONSchema(JSON.parse(overlayJsonSchema(grammar.extensions)));
const example: unknown = parse(
  readFileSync(join(import.meta.dirname, "../../../fleet.yaml"), "utf8"),
);

/** Some of the keys of a fleet file, at any depth; some of them removed. */
function parts(value: unknown): fc.Arbitrary<unknown> {
  if (!isMapping(value)) return fc.constant(value);
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    fc.option(fc.oneof({ weight: 4, arbitrary: parts(inner) }, fc.constant(null)), {
      nil: undefined,
    }),
  ]);
  return fc
    .record(Object.fromEntries(entries) as Record<string, fc.Arbitrary<unknown>>)
    .map((record) =>
      Object.fromEntries(Object.entries(record).filter(([, each]) => each !== undefined)),
    );
}

test("accepts any part of a fleet file, and null at any key", () => {
  fc.assert(
    fc.property(parts(example), (overlay) => {
      expect(schema.safeParse(overlay).error?.issues).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["an unknown key", { fleeet: "shop" }],
  ["an unknown key of a mapping", { cloud: { projekt: "x" } }],
  ["a wrong type", { rings: "canary" }],
  ["an invalid value", { cloud: { provider: "gogle" } }],
  ["an incomplete item of a list", { workloads: { pos: { secrets: [{ name: "x" }] } } }],
  ["null in a list", { rings: [null] }],
])("refuses %s", (_, overlay) => {
  expect(schema.safeParse(overlay).success).toBe(false);
});

test("shows the descriptions of fleet.yaml", () => {
  expect(JSON.parse(overlayJsonSchema(grammar.extensions))).toMatchObject({
    properties: { domain: { description: "The DNS zone of the hub." } },
  });
});
