/** Values of a user's own schemas: at one level, at several that are merged, and in words that say what was found. */
import { expect, test } from "vitest";
import { z } from "zod";
import { fleetJsonSchema } from "../../../fleet/grammar/fleet-schema.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";

const fleet = (
  values: string,
  { site = "{}", profile = "{}", device = "{}" } = {},
) => `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub, region: us-east1 }
rings: [stable]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda, parts: { can: ${profile} } }
sites:
  boston: { profile: mini-pc }
devices:
  store-{01..02}: { site: boston, parts: { can: ${device} } }
workloads:
  board:
    selector: {}
    versions: { stable: "1" }
    values: ${values}
    sites: { boston: ${site} }
`;

function complaints(schema: z.ZodObject, text: string, parts = z.strictObject({})): string[] {
  try {
    declareFleet(parseSource("f", text), ["board"], undefined, {
      workloads: { board: schema },
      parts: { can: parts },
    });
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) =>
      formatMistake(mistake).replaceAll("workloads.board.", "…"),
    );
  }
}

const range = z.strictObject({ low: z.int(), high: z.int() });
const ordered = z
  .strictObject({ a: z.int().default(1), b: z.int().default(5) })
  .refine(({ a, b }) => a < b, "a must be less than b.");
const shape = z.strictObject({
  kind: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("tcp"), port: z.int() }),
      z.strictObject({ type: z.literal("file"), path: z.string() }),
    ])
    .optional(),
});
const both = "…values and …sites.boston are merged.";

const merged: readonly (readonly [string, z.ZodObject, string, string, readonly string[]])[] = [
  ["both levels are valid", ordered, "{ a: 2 }", "{ b: 3 }", []],
  [
    "a check of several values",
    ordered,
    "{ a: 6 }",
    "{}",
    ["f:16:13: …values: a must be less than b."],
  ],
  [
    "one of the result only",
    ordered,
    "{ a: 2 }",
    "{ b: 1 }",
    [`f:17:22: …sites.boston: a must be less than b. ${both}`],
  ],
  ["a check that the site makes true for one level", ordered, "{ b: 3 }", "{ a: 2 }", []],
  [
    "a part of a mapping",
    z.strictObject({ range: range.default({ low: 1, high: 2 }) }),
    "{ range: { low: 1, high: 9 } }",
    "{ range: { low: 3 } }",
    [],
  ],
  [
    "a key that no level has",
    z.strictObject({ range: range.optional() }),
    "{}",
    "{ range: { low: 3 } }",
    [`f:17:24: …sites.boston.range: "high" is missing. Write it here. ${both}`],
  ],
  [
    "another variant",
    shape,
    "{ kind: { type: tcp, port: 80 } }",
    "{ kind: { type: file, path: /a } }",
    [
      `f:16:34: …values.kind.port: "port" requires type: tcp. Delete it here. Known keys: type, path. ${both}`,
    ],
  ],
  [
    "a value of a variant",
    shape,
    "{ kind: { type: tcp, port: 80 } }",
    "{ kind: { port: 81 } }",
    [],
  ],
  [
    "an unknown key of a site",
    shape,
    "{}",
    "{ kynd: {} }",
    ['f:17:24: …sites.boston.kynd: unknown key "kynd". Did you mean kind?'],
  ],
];

test.each(merged)("%s", (_, schema, values, site, said) => {
  expect(complaints(schema, fleet(values, { site }))).toEqual(said);
});

test("parts of a profile and a device are checked as what they merge to, once for a range", () => {
  const part = ordered;
  const text = (profile: string, device: string) => fleet("{}", { profile, device });
  const none = z.strictObject({});
  expect(complaints(none, text("{ a: 4 }", "{ b: 6 }"), part)).toEqual([]);
  expect(complaints(none, text("{ a: 9 }", "{ b: 12 }"), part)).toEqual([]);
  expect(complaints(none, text("{ a: 4 }", "{ b: 3 }"), part)).toEqual([
    "f:11:49: devices.store-{01..02}.parts.can: a must be less than b. profiles.mini-pc.parts.can and devices.store-{01..02}.parts.can are merged.",
  ]);
});

test.each([
  ["of z.object", z.object({ color: z.string().optional() }), "{ colour: red }", "colour"],
  [
    "deep in it",
    z.object({ a: z.array(z.object({ color: z.string().optional() })).default([]) }),
    "{ a: [{}, { colour: red }] }",
    "a.1.colour",
  ],
])("an unknown key %s is reported, and the editor knows", (_, schema, values, path) => {
  const [first, ...more] = complaints(schema, fleet(values));
  expect(more).toEqual([]);
  expect(first).toMatch(/^f:16:\d+: /);
  expect(first).toContain(`…values.${path}: unknown key "colour". Did you mean color?`);
  const json = fleetJsonSchema({ workloads: { board: schema } });
  const { properties } = JSON.parse(json).properties.workloads.properties.board;
  const objects = JSON.stringify(properties.values).match(/"type":"object"[^{]*/g) ?? [];
  expect(objects.length).toBeGreaterThan(0);
  expect(properties.values.additionalProperties).toBe(false);
  const closed = JSON.stringify(properties.values).match(/"additionalProperties":false/g);
  expect(closed).toHaveLength(objects.length);
});

test("a loose object and a record keep what is written", () => {
  const schema = z.looseObject({ more: z.record(z.string(), z.unknown()).default({}) });
  expect(complaints(schema, fleet("{ any: 1, more: { thing: 2 } }"))).toEqual([]);
});

const size = z.strictObject({ width: z.int(), height: z.int() });

const words: readonly (readonly [string, z.ZodType, string, string])[] = [
  ["a similar key that is known", size, "{ width: 1 }", '"height" is missing. Write it here.'],
  [
    "a pattern",
    z.string().regex(/^\d\d$/),
    "abc",
    'found "abc". Write text that matches /^\\d\\d$/.',
  ],
  ["a URL", z.url(), "abc", 'found "abc". Write a valid URL.'],
  ["an address", z.email(), "abc", 'found "abc". Write a valid email address.'],
  ["a start", z.string().startsWith("a-"), "b", 'found "b". Write text that starts with "a-".'],
  ["an end", z.string().endsWith(".png"), "b", 'found "b". Write text that ends with ".png".'],
  ["a short text", z.string().min(3), "b", 'found "b" with 1 characters. Write at least 3.'],
  ["a long list", z.array(z.int()).max(1), "[1, 2]", "found a list with 2 items. Write at most 1."],
  ["a bound that is excluded", z.int().positive(), "0", "0 is too small. Write more than 0."],
  ["an upper bound", z.number().lt(3), "3", "3 is too large. Write less than 3."],
  ["a step", z.int().multipleOf(5), "7", "found 7. Write a multiple of 5."],
  ["a union", z.union([z.int(), z.string()]), "true", "found true. Write a number or text."],
  [
    "a check without words",
    z.int().refine(() => false),
    "7",
    "found 7, which is not valid here. Write another value.",
  ],
  ["your own words", z.int().min(5, "Write five or more."), "1", "Write five or more."],
  ["words of a choice", z.enum(["a", "b"], "Write a or b."), "c", "Write a or b."],
];

test.each(words)("%s", (_, schema, value, said) => {
  const [first, ...more] = complaints(
    z.strictObject({ it: schema.optional() }),
    fleet(`{ it: ${value} }`),
  );
  expect([first, more]).toEqual([
    `f:16:${value.startsWith("{") ? 15 : 19}: …values.it: ${said}`,
    [],
  ]);
});

test("what has no JSON does not keep the schema from editors", () => {
  const schema = z.strictObject({
    day: z.coerce.date().optional(),
    tags: z
      .string()
      .transform((text) => text.split(","))
      .default([]),
    many: z.map(z.string(), z.bigint()).optional(),
  });
  const json = JSON.parse(fleetJsonSchema({ workloads: { board: schema } }));
  const { values } = json.properties.workloads.properties.board.properties;
  expect(Object.keys(values.properties)).toEqual(["day", "tags", "many"]);
  expect(complaints(schema, fleet('{ day: "2026-01-01", tags: "a,b" }'))).toEqual([]);
});
