import { join } from "node:path";
import { parseDocument } from "yaml";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { machineFields } from "../../../fleet/grammar/machine-schemas.ts";
import { fleetJsonSchema } from "../../../fleet/grammar/fleet-schema.ts";
import { grammar } from "../../../gitops/grammar.ts";

const root = join(import.meta.dirname, "..", "..", "..");

test("the JSON Schema for editors is fresh (vitest -u writes it)", async () => {
  await expect(fleetJsonSchema(grammar.extensions)).toMatchFileSnapshot(
    join(root, "fleet", "fleet.schema.json"),
  );
});

test("the example names the schema in its first line, so that editors complete and check", () => {
  const [first] = readFileSync(join(root, "fleet.yaml"), "utf8").split("\n");
  expect(first).toBe("# yaml-language-server: $schema=./fleet/fleet.schema.json");
});

test("what four levels have is defined once, and each refers to it", () => {
  const { $defs, properties } = JSON.parse(fleetJsonSchema(grammar.extensions));
  expect(Object.keys($defs)).toEqual(Object.keys(machineFields));
  const device = properties.devices.additionalProperties.properties;
  const levels = [
    properties.profiles.additionalProperties.properties,
    properties.sites.additionalProperties.properties,
    device,
    device.overrides.additionalProperties.properties,
  ];
  for (const level of levels) {
    for (const name of Object.keys(machineFields)) {
      expect(level[name], name).toEqual({ $ref: `#/$defs/${name}` });
    }
  }
});

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Every key that a schema knows, by its path, with its description. */
function* keysOf(
  schema: unknown,
  whole: Schema,
  path = "",
): Generator<[path: string, description: string]> {
  if (schema === null || typeof schema !== "object") return;
  for (const [name, key] of Object.entries((schema as Schema).properties ?? {})) {
    const { description } = key.$ref
      ? (whole.$defs?.[key.$ref.replace("#/$defs/", "")] ?? {})
      : key;
    yield [`${path}.${name}`, description ?? ""];
  }
  // Keys of keys, of items, of alternatives and of whatever JSON Schema has besides.
  for (const [name, inner] of Object.entries(schema)) {
    yield* keysOf(inner, whole, name === "properties" ? path : `${path}.${name}`);
  }
}

test("every key has a description, which editors show", () => {
  const whole = JSON.parse(fleetJsonSchema(grammar.extensions)) as Schema;
  const keys = [...keysOf(whole, whole)];
  expect(keys.length).toBeGreaterThan(200);
  expect(keys.filter(([, description]) => description.length < 10)).toEqual([]);
});

test("the schema has every key of the example", () => {
  const { properties = {} } = JSON.parse(fleetJsonSchema(grammar.extensions)) as Schema;
  const keys = Object.keys(parseDocument(readFileSync(join(root, "fleet.yaml"), "utf8")).toJS());
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(keys));
});
