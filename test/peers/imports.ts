/**
 * Generates the typed classes of custom resources in gitops/imports/, with `cdk8s import`.
 *
 *   npx tsx test/peers/imports.ts      needs test/peers/build.sh for the definitions
 *
 * A definition is cut down first: to the version that is stored, and at some paths to the properties
 * that gitops/ uses (`only`). In full they have 45,000 lines, most of them for DNS providers and secret
 * stores of other clouds. To use another property, add it here and run this again.
 *
 * The generator's output then becomes TypeScript that can be run by erasing types: enumerations
 * become unions of texts, and imports of types say so.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, loadAll } from "js-yaml";
import { peerPath } from "./peers.ts";

interface Import {
  /** Folder of the peers. */
  readonly folder: string;
  readonly file: string;
  readonly kind: string;
  /**
   * Properties to keep, by the path of their parent; `[]` is the item of a list, "" the object.
   * @default all
   */
  readonly only?: Readonly<Record<string, readonly string[]>>;
}

const argoCd = "argo-cd-crds-3.6.1";
const certManager = "cert-manager-crds-1.21.1";
const externalSecrets = "external-secrets-crds-1.3.2";
const prometheusOperator = "prometheus-operator-crds-0.85.0";
const eck = "eck-crds-3.5.0";

/** The fields of an Application's source, whether it is one of several or not. */
function sourceFields(path: string): Readonly<Record<string, readonly string[]>> {
  return {
    [path]: ["chart", "directory", "helm", "path", "ref", "repoURL", "targetRevision"],
    [`${path}.directory`]: ["exclude", "recurse"],
    [`${path}.helm`]: ["releaseName", "skipSchemaValidation", "valueFiles", "valuesObject"],
  };
}

/** One file each; the name is the API group. */
const modules: Readonly<Record<string, readonly Import[]>> = {
  "argoproj.io": [
    {
      folder: argoCd,
      file: "application-crd.yaml",
      kind: "Application",
      only: {
        "": ["metadata", "spec"],
        spec: ["destination", "project", "source", "sources", "syncPolicy"],
        ...sourceFields("spec.source"),
        ...sourceFields("spec.sources[]"),
      },
    },
    {
      folder: argoCd,
      file: "appproject-crd.yaml",
      kind: "AppProject",
      only: {
        spec: [
          "clusterResourceWhitelist",
          "description",
          "destinations",
          "namespaceResourceWhitelist",
          "signatureKeys",
          "sourceRepos",
          "syncWindows",
        ],
      },
    },
  ],
  "cert-manager.io": [
    {
      folder: certManager,
      file: "cert-manager.io_clusterissuers.yaml",
      kind: "ClusterIssuer",
      only: {
        spec: ["acme"],
        "spec.acme": ["email", "privateKeySecretRef", "server", "solvers"],
        "spec.acme.solvers[]": ["dns01", "selector"],
        "spec.acme.solvers[].dns01": ["cloudDNS", "cnameStrategy"],
      },
    },
    {
      folder: certManager,
      file: "cert-manager.io_issuers.yaml",
      kind: "Issuer",
      only: { spec: ["ca"], "spec.ca": ["secretName"] },
    },
    {
      folder: certManager,
      file: "cert-manager.io_certificates.yaml",
      kind: "Certificate",
      only: {
        spec: [
          "commonName",
          "duration",
          "issuerRef",
          "privateKey",
          "renewBefore",
          "secretName",
          "usages",
        ],
      },
    },
  ],
  "external-secrets.io": [
    {
      folder: externalSecrets,
      file: "external-secrets.io_clustersecretstores.yaml",
      kind: "ClusterSecretStore",
      only: {
        spec: ["provider"],
        "spec.provider": ["gcpsm"],
        "spec.provider.gcpsm": ["projectID"],
      },
    },
    {
      folder: externalSecrets,
      file: "external-secrets.io_externalsecrets.yaml",
      kind: "ExternalSecret",
      only: {
        "spec.data[]": ["remoteRef", "secretKey"],
        "spec.dataFrom[]": ["extract", "sourceRef"],
        "spec.target.template": ["data", "mergePolicy", "metadata", "type"],
      },
    },
    {
      folder: externalSecrets,
      file: "external-secrets.io_secretstores.yaml",
      kind: "SecretStore",
      only: {
        spec: ["provider"],
        "spec.provider": ["kubernetes"],
        "spec.provider.kubernetes": ["auth", "remoteNamespace", "server"],
        "spec.provider.kubernetes.auth": ["serviceAccount"],
      },
    },
  ],
  "generators.external-secrets.io": [
    {
      folder: externalSecrets,
      file: "generators.external-secrets.io_passwords.yaml",
      kind: "Password",
    },
  ],
  "monitoring.coreos.com": [
    {
      folder: prometheusOperator,
      file: "monitoring.coreos.com_podmonitors.yaml",
      kind: "PodMonitor",
      only: {
        spec: ["namespaceSelector", "podMetricsEndpoints", "selector"],
        "spec.podMetricsEndpoints[]": [
          "honorLabels",
          "interval",
          "metricRelabelings",
          "path",
          "port",
          "relabelings",
        ],
      },
    },
    {
      folder: prometheusOperator,
      file: "monitoring.coreos.com_prometheusrules.yaml",
      kind: "PrometheusRule",
    },
  ],
  "elasticsearch.k8s.elastic.co": [
    {
      folder: eck,
      file: "all-crds.yaml",
      kind: "Elasticsearch",
      only: {
        spec: ["auth", "nodeSets", "version", "volumeClaimDeletePolicy"],
        "spec.nodeSets[]": ["config", "count", "name", "podTemplate", "volumeClaimTemplates"],
        "spec.nodeSets[].volumeClaimTemplates[]": ["metadata", "spec"],
        "spec.nodeSets[].volumeClaimTemplates[].spec": [
          "accessModes",
          "resources",
          "storageClassName",
        ],
      },
    },
  ],
  "kibana.k8s.elastic.co": [
    {
      folder: eck,
      file: "all-crds.yaml",
      kind: "Kibana",
      only: {
        spec: [
          "config",
          "count",
          "elasticsearchRef",
          "http",
          "podTemplate",
          "secureSettings",
          "version",
        ],
        "spec.http": ["tls"],
      },
    },
  ],
};

type Schema = {
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
};

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly names: { readonly kind: string };
    versions: { storage: boolean; schema: { openAPIV3Schema: Schema } }[];
  };
}

const root = join(import.meta.dirname, "../..");
const target = join(root, "gitops/imports");

for (const [name, imports] of Object.entries(modules)) {
  const source = generated(imports.map(definition));
  const file = join(target, `${name}.ts`);
  writeFileSync(file, erasable(source));
  execFileSync("npx", ["prettier", "--log-level", "warn", "--write", file], { cwd: root });
}

function definition({ folder, file, kind, only = {} }: Import): Definition {
  const place = peerPath(folder);
  if (place === undefined) throw new Error(`no ${folder}: run test/peers/build.sh`);
  const all = loadAll(readFileSync(join(place, file), "utf8")) as Definition[];
  const found = all.find((each) => each?.spec.names.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} in ${folder}/${file}`);
  found.spec.versions = found.spec.versions.filter(({ storage }) => storage);
  for (const { schema } of found.spec.versions) {
    delete schema.openAPIV3Schema.properties?.["status"];
    for (const [path, kept] of Object.entries(only)) cut(schema.openAPIV3Schema, path, kept);
  }
  return found;
}

/** Leaves only the named properties of the schema at `path`. */
function cut(schema: Schema, path: string, kept: readonly string[]): void {
  let parent = schema;
  for (const segment of path.split(".").filter(Boolean)) {
    const child = parent.properties?.[segment.replace("[]", "")];
    const next = segment.endsWith("[]") ? child?.items : child;
    if (next === undefined) throw new Error(`no ${path}`);
    parent = next;
  }
  const { properties = {}, required = [] } = parent;
  for (const name of kept) if (!(name in properties)) throw new Error(`no ${path}.${name}`);
  parent.properties = Object.fromEntries(kept.map((name) => [name, properties[name]!]));
  parent.required = required.filter((name) => kept.includes(name));
}

function generated(definitions: readonly Definition[]): string {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-imports-"));
  try {
    const input = join(folder, "definitions.yaml");
    const output = join(folder, "output");
    writeFileSync(input, definitions.map((each) => dump(each)).join("---\n"));
    const options = ["--language", "typescript", "--output", output, "--no-save"];
    execFileSync("npx", ["cdk8s", "import", input, ...options], {
      cwd: root,
      env: { ...process.env, CDK8S_CHECK_UPGRADE: "false" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [file = ""] = readdirSync(output);
    return readFileSync(join(output, file), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function erasable(source: string): string {
  const text = source
    .replace(
      "// generated by cdk8s",
      "// Generated by test/peers/imports.ts with cdk8s import. Do not edit.",
    )
    .replace(
      "import { ApiObject, ApiObjectMetadata, GroupVersionKind } from 'cdk8s';",
      "import { ApiObject, type ApiObjectMetadata, type GroupVersionKind } from 'cdk8s';",
    )
    .replace("import { Construct }", "import type { Construct }")
    .replaceAll(/^export enum (\w+) \{\n(.*?)^\}\n/gms, (_, name: string, members: string) => {
      const values = [...members.matchAll(/ = ("[^"]*"),$/gm)].map(([, value]) => value);
      return `export type ${name} = ${values.join(" | ")};\n`;
    })
    .replaceAll(/^( {2}readonly [^:]+: )(\w+\[\];)$/gm, "$1readonly $2")
    .replaceAll(/^\/\* eslint-.*\n/gm, "")
    // A number or a text needs no class of its own.
    .replaceAll(
      /^export class (\w+) \{\n {2}public static from(?:Number|String)\(.*?^\}\n/gms,
      "export type $1 = number | string;\n",
    )
    .replaceAll("?.value", "");
  const rest = /^export enum|\(public |private constructor/m.exec(text);
  if (rest !== null) throw new Error(`not erasable: ${rest[0]}`);
  return text;
}
