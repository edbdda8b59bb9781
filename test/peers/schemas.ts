/**
 * Makes the strict JSON schemas that kubeconform judges our manifests by, from what the projects
 * themselves publish as Go modules: Kubernetes' own swagger.json and the custom resources of Argo CD
 * and cert-manager.
 *
 *   npx tsx test/peers/schemas.ts <folder>      makes the folder; needs go
 *
 * Strict: an object that names its fields takes no others. One file for each kind, named as
 * kubeconform asks for it (`deployment-apps-v1.json`), which refers into `definitions.json`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

const kubernetesModule = "k8s.io/kubernetes@v1.36.3";

/** Custom resources, by the folder of their definitions. */
const crdFolders = [
  {
    module: "github.com/argoproj/argo-cd/v3@v3.2.11",
    folder: "manifests/crds",
    files: ["application-crd.yaml", "applicationset-crd.yaml", "appproject-crd.yaml"],
  },
  {
    module: "github.com/cert-manager/cert-manager@v1.21.1",
    folder: "deploy/crds",
    files: ["cert-manager.io_certificates.yaml", "cert-manager.io_issuers.yaml"],
  },
] as const;

const objectMeta = "definitions.json#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

type Schema = { [key: string]: unknown };

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function main(folder: string): void {
  const work = `${folder}.tmp`;
  mkdirSync(work, { recursive: true });
  const save = (name: string, schema: Schema): void =>
    writeFileSync(join(work, name), JSON.stringify(schema));

  const { definitions } = kubernetesDefinitions();
  save("definitions.json", { definitions });
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = definition["x-kubernetes-group-version-kind"] as GroupVersionKind[] | undefined;
    for (const kind of kinds ?? []) {
      save(fileName(kind), { $ref: `definitions.json#/definitions/${name}` });
    }
  }
  for (const { kind, schema } of customSchemas()) save(fileName(kind), schema);
  renameSync(work, folder);
}

function kubernetesDefinitions(): { definitions: Record<string, Schema> } {
  const text = readFileSync(
    join(module(kubernetesModule), "api/openapi-spec/swagger.json"),
    "utf8",
  );
  // Read as a definition inside definitions.json, a reference of swagger is one of JSON Schema too.
  const swagger = JSON.parse(text) as { definitions: Record<string, Schema> };
  const definitions = strict(swagger.definitions) as Record<string, Schema>;
  definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = { type: ["string", "number"] };
  return { definitions };
}

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

function customSchemas(): { kind: GroupVersionKind; schema: Schema }[] {
  const paths = crdFolders.flatMap(({ module: name, folder, files }) =>
    files.map((file) => join(module(name), folder, file)),
  );
  return paths.flatMap((path) => {
    const { spec } = load(readFileSync(path, "utf8")) as Crd;
    return spec.versions.map((version) => {
      const schema = strict(version.schema.openAPIV3Schema) as { properties: Schema };
      schema.properties["metadata"] = { $ref: objectMeta };
      return {
        kind: { group: spec.group, version: version.name, kind: spec.names.kind },
        schema,
      };
    });
  });
}

/** Closes every object that names its fields, and allows both forms where an integer may be text. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== "object" || value === null) return value;
  const schema = Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, strict(child)]),
  ) as Schema;
  if (schema["format"] === "int-or-string" || schema["x-kubernetes-int-or-string"] === true) {
    return { type: ["string", "integer"] };
  }
  const named = typeof schema["properties"] === "object" && schema["type"] === "object";
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (named && !open && !("additionalProperties" in schema)) schema["additionalProperties"] = false;
  return schema;
}

/** kubeconform's name for a kind: `<kind>-<first label of the group>-<version>.json`. */
function fileName({ group, version, kind }: GroupVersionKind): string {
  const parts = [kind, ...(group === "" ? [] : [group.split(".")[0]]), version];
  return `${parts.join("-").toLowerCase()}.json`;
}

/** The folder of a Go module, downloaded if it is not there. */
function module(name: string): string {
  const answer = execFileSync("go", ["mod", "download", "-json", name], { encoding: "utf8" });
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: npx tsx test/peers/schemas.ts <folder>");
  process.exit(2);
}
main(folder);
