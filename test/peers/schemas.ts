/**
 * Makes the strict JSON schemas that kubeconform judges Flotilla's manifests by, from what the projects
 * themselves publish as Go modules: Kubernetes' own swagger.json, and the custom resources of Argo CD
 * and of the hub's add-ons.
 *
 *   npx tsx test/peers/schemas.ts <folder>      makes the folder; needs go
 *
 * Strict: an object that names its fields takes no others. A folder for each version of Kubernetes
 * (`1.34.4`), in it one file for each kind, named as kubeconform asks for it
 * (`deployment-apps-v1.json`). What is deprecated or not served has no file. Each file has the
 * definitions that it needs and no more: kubeconform reads them again for each kind.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

/** The oldest that is promised, and the newest. */
const kubernetesVersions = ["1.34.4", "1.36.3"] as const;

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
    files: [
      "cert-manager.io_certificates.yaml",
      "cert-manager.io_clusterissuers.yaml",
      "cert-manager.io_issuers.yaml",
    ],
  },
  {
    module: "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    folder: "example/prometheus-operator-crd",
    files: ["alertmanagers", "podmonitors", "probes", "prometheuses", "prometheusrules"]
      .concat("scrapeconfigs", "servicemonitors")
      .map((kinds) => `monitoring.coreos.com_${kinds}.yaml`),
  },
  {
    module: "github.com/external-secrets/external-secrets@v1.3.2",
    folder: "config/crds/bases",
    files: [
      "external-secrets.io_clustersecretstores.yaml",
      "external-secrets.io_externalsecrets.yaml",
      "external-secrets.io_pushsecrets.yaml",
      "external-secrets.io_secretstores.yaml",
      "generators.external-secrets.io_passwords.yaml",
    ],
  },
  {
    // As they are before ECK takes the schema of pods out, so that a field of theirs is looked at too.
    module: "github.com/elastic/cloud-on-k8s/v3@v3.5.0",
    folder: "config/crds/v1/resources",
    files: [
      "elasticsearch.k8s.elastic.co_elasticsearches.yaml",
      "kibana.k8s.elastic.co_kibanas.yaml",
    ],
  },
] as const;

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

type Schema = { [key: string]: unknown };

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function main(folder: string): void {
  const work = `${folder}.tmp`;
  for (const version of kubernetesVersions) makeFolder(join(work, version), version);
  renameSync(work, folder);
}

function makeFolder(place: string, version: string): void {
  mkdirSync(place, { recursive: true });
  const definitions = kubernetesDefinitions(version);
  const save = (kind: GroupVersionKind, schema: Schema): void => {
    const whole = { ...schema, definitions: needed(schema, definitions) };
    writeFileSync(join(place, fileName(kind)), JSON.stringify(whole, withoutWords));
  };
  for (const [name, definition] of Object.entries(definitions)) {
    if (isDeprecated(definition)) continue;
    const kinds = definition["x-kubernetes-group-version-kind"] as GroupVersionKind[] | undefined;
    for (const kind of kinds ?? []) save(kind, { $ref: reference(name) });
  }
  for (const { kind, schema } of customSchemas()) save(kind, schema);
}

/** Removes descriptions; a property may be called `description`, and is an object then. */
function withoutWords(key: string, value: unknown): unknown {
  return key === "description" && typeof value === "string" ? undefined : value;
}

function reference(definition: string): string {
  return `#/definitions/${definition}`;
}

/** The definitions that a schema refers to, and those that they refer to. */
function needed(schema: Schema, definitions: Record<string, Schema>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const look = (value: unknown): void => {
    for (const [, name = ""] of JSON.stringify(value).matchAll(/"#\/definitions\/([^"]+)"/g)) {
      const definition = definitions[name];
      if (name in found || definition === undefined) continue;
      found[name] = definition;
      look(definition);
    }
  };
  look(schema);
  return found;
}

/** Kubernetes says so in words (v1 Endpoints), and never of a version as a whole. */
function isDeprecated({ description = "" }: Schema): boolean {
  return /\bDeprecated: |is deprecated in v1\./.test(String(description));
}

function kubernetesDefinitions(version: string): Record<string, Schema> {
  const folder = module(`k8s.io/kubernetes@v${version}`);
  const text = readFileSync(join(folder, "api/openapi-spec/swagger.json"), "utf8");
  // A reference of swagger is one of JSON Schema too.
  const swagger = JSON.parse(text) as { definitions: Record<string, Schema> };
  const definitions = strict(swagger.definitions) as Record<string, Schema>;
  definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = { type: ["string", "number"] };
  return definitions;
}

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly deprecated?: boolean;
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
    const current = spec.versions.filter(({ served, deprecated }) => served && !deprecated);
    return current.map((version) => {
      const schema = strict(version.schema.openAPIV3Schema) as { properties: Schema };
      schema.properties["metadata"] = { $ref: reference(objectMeta) };
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
