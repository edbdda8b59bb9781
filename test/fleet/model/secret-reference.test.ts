import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { namesSecret, secretKeys } from "../../../fleet/model/secret-reference.ts";
import { isMapping } from "../../../fleet/model/values.ts";

/** The keys of the JSON Schema whose value is a file or a variable with a secret. */
function keysIn(schema: unknown, key = ""): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { anyOf, description = "" } = schema as { anyOf?: unknown[]; description?: string };
  if (anyOf?.length === 2 && description.includes("from a file or an environment variable")) {
    return [key];
  }
  return Object.entries(schema).flatMap(([name, inner]) =>
    isMapping(inner) && name !== "properties" ? keysIn(inner, name) : keysIn(inner, key),
  );
}

test("every key of the fleet file that names a secret is known", () => {
  const file = new URL("../../../fleet/fleet.schema.json", import.meta.url);
  const found = keysIn(JSON.parse(readFileSync(file, "utf8")));
  expect([...new Set(found)].toSorted()).toEqual(secretKeys);
});

test("only a file or a variable at such a key is a name", () => {
  expect(namesSecret("login", { env: "X" })).toBe(true);
  expect(namesSecret("login", { github: {} })).toBe(false);
  expect(namesSecret("labels", { env: "prod" })).toBe(false);
});
