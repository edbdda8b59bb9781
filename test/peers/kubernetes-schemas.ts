/**
 * Makes fleet/kubernetes/schemas.json, the schemas that manifests are checked against, from what
 * Kubernetes publishes as a Go module.
 *
 *   npx tsx test/peers/kubernetes-schemas.ts      needs go
 *
 * A definition is `{ p: { field: type }, r: [required field] }`. A type is "s" (text), "i" (whole
 * number), "n" (number), "b" (true or false), "q" (text or number), "x" (text or whole number), "*"
 * (anything), the index of a definition, ["l", type] (list) or ["m", type] (mapping).
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

/**
 * One of each minor version that devices may run, the newest last: what the lock's first pin of K3s
 * contains, or a later patch of it. Together they take little more room than one: brotli finds what
 * they have in common.
 */
const versions = ["1.33.7", "1.34.4", "1.35.4", "1.36.3"];

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly "x-kubernetes-group-version-kind"?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

type Type = string | number | readonly ["l" | "m", Type];

const special: Readonly<Record<string, Type>> = { Quantity: "q", IntOrString: "x", JSON: "*" };
let definitions: Readonly<Record<string, Schema>> = {};
let made: object[] = [];
let indices = new Map<string, number>();

function readDefinitions(version: string): typeof definitions {
  const args = ["mod", "download", "-json", `k8s.io/kubernetes@v${version}`];
  const { Dir } = JSON.parse(execFileSync("go", args, { encoding: "utf8" })) as { Dir: string };
  const swagger = readFileSync(join(Dir, "api/openapi-spec/swagger.json"), "utf8");
  return (JSON.parse(swagger) as { definitions: typeof definitions }).definitions;
}

function indexOf(name: string): number {
  const known = indices.get(name);
  if (known !== undefined) return known;
  const index = made.length;
  indices.set(name, index);
  const { properties = {}, required = [] } = definitions[name] ?? {};
  const definition: { p?: object; r?: readonly string[] } = {};
  made.push(definition);
  definition.p = Object.fromEntries(
    Object.entries(properties).map(([field, schema]) => [field, typeOf(schema)]),
  );
  if (required.length > 0) definition.r = required;
  return index;
}

function typeOf({ $ref, type, format, items, additionalProperties }: Schema): Type {
  if ($ref !== undefined) {
    const name = $ref.replace("#/definitions/", "");
    const known = special[name.split(".").at(-1) ?? ""];
    if (known !== undefined) return known;
    const target = definitions[name];
    if (target?.properties !== undefined) return indexOf(name);
    return target?.type === "string" ? "s" : "*";
  }
  if (format === "int-or-string") return "x";
  if (type === "array") return ["l", items === undefined ? "*" : typeOf(items)];
  if (type === "object") {
    return additionalProperties === undefined ? "*" : ["m", typeOf(additionalProperties)];
  }
  return { string: "s", integer: "i", number: "n", boolean: "b" }[type ?? ""] ?? "*";
}

function schemasOf(version: string): object {
  [definitions, made, indices] = [readDefinitions(version), [], new Map()];
  const kinds: Record<string, number> = {};
  for (const [name, schema] of Object.entries(definitions)) {
    const found = schema["x-kubernetes-group-version-kind"] ?? [];
    // Options of requests belong to every group.
    if (
      found.length !== 1 ||
      name.endsWith("List") ||
      schema.properties?.["metadata"] === undefined
    )
      continue;
    for (const { group, version: of, kind } of found) {
      kinds[`${group}/${of}/${kind}`] = indexOf(name);
    }
  }
  return { kinds, definitions: made };
}

const text = JSON.stringify(versions.map(schemasOf));
const params = {
  [constants.BROTLI_PARAM_LGWIN]: 22,
  [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
};
const data = brotliCompressSync(text, { params }).toString("base64");
writeFileSync(
  join(import.meta.dirname, "../../fleet/kubernetes/schemas.json"),
  `${JSON.stringify({ kubernetes: versions, data })}\n`,
);
console.log(`${versions.join(", ")}: ${text.length} bytes, ${data.length} compressed`);
