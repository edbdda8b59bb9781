import { join } from "node:path";
import { parseDocument } from "yaml";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
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

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Every key that a schema knows, by its path, with its description. */
function* keysOf(schema: unknown, path = ""): Generator<[path: string, description: string]> {
  if (schema === null || typeof schema !== "object") return;
  for (const [name, key] of Object.entries((schema as Schema).properties ?? {})) {
    yield [`${path}.${name}`, key.description ?? ""];
  }
  // Keys of keys, of items, of alternatives and of whatever JSON Schema has besides.
  for (const [name, inner] of Object.entries(schema)) {
    yield* keysOf(inner, name === "properties" ? path : `${path}.${name}`);
  }
}

test("every key has a description, which editors show", () => {
  const keys = [...keysOf(JSON.parse(fleetJsonSchema(grammar.extensions)))];
  expect(keys.length).toBeGreaterThan(200);
  expect(keys.filter(([, description]) => description.length < 10)).toEqual([]);
});

test("the schema has every key of the example", () => {
  const { properties = {} } = JSON.parse(fleetJsonSchema(grammar.extensions)) as Schema;
  const keys = Object.keys(parseDocument(readFileSync(join(root, "fleet.yaml"), "utf8")).toJS());
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(keys));
});
