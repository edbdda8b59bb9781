/** The reference of fleet.yaml is fresh, and its examples are fleets that are valid. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { z } from "zod";
import { fleetFilePage, type Schema } from "../../../docs/generate/fleet-file.ts";
import { fleetJsonSchema } from "../../../fleet/grammar/fleet-schema.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { grammar } from "../../../gitops/grammar.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "docs", "reference");
const files = ["every-key.yaml", "every-key-existing.yaml"];
const read = (file: string) => readFileSync(join(folder, file), "utf8");
/** The part of the user's own in the examples. */
const parts = { can: z.strictObject({ bitrate: z.int().default(500_000) }) };
const extensions = { ...grammar.extensions, parts };

test.each(files)("%s is a fleet that is valid", (file) => {
  const source = parseSource(file, read(file));
  expect(() => declareFleet(source, grammar.workloads, undefined, extensions)).not.toThrow();
});

const schema = JSON.parse(fleetJsonSchema(grammar.extensions)) as Schema;
const examples = files.map((file) => load(read(file)));

test("the page is fresh (vitest -u writes it), and every key has an example", async () => {
  const page = fleetFilePage(schema, examples);
  await expect(page).toMatchFileSnapshot(join(folder, "fleet.md"));
});

test("a key without an example fails", () => {
  const more = { ...schema, properties: { ...schema.properties, speed: { type: "string" } } };
  expect(() => fleetFilePage(more, examples)).toThrow("no example has speed");
});
