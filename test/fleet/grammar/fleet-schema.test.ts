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

test("every key has a description or a name that says enough", () => {
  const schema = JSON.parse(fleetJsonSchema(grammar.extensions)) as {
    properties: Record<string, object>;
  };
  const keys = Object.keys(parseDocument(readFileSync(join(root, "fleet.yaml"), "utf8")).toJS());
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(keys));
});
