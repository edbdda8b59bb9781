/**
 * The grammar of `workloads` in fleet.yaml: a construct of gitops/workloads/, a folder of plain
 * YAML, or a Helm chart. The values of each construct are declared beside it: see Extensions in
 * fleet-schema.ts.
 */
import { z } from "zod";
import { architectures } from "../model/device.ts";
import { isRegistry } from "../model/chart-repository.ts";
import { labels } from "./label-schemas.ts";
import { levelSchema } from "./merged-values.ts";
import { label, matching, text } from "./value-schemas.ts";
import { podSecurityLevels } from "../model/workload.ts";

/**
 * By the name of a construct of gitops/workloads/: its values, each with a default or optional;
 * undefined: it has none.
 */
export type ValuesSchemas = Readonly<Record<string, z.ZodObject | undefined>>;

const cloudSecret = matching(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "a valid secret name. Write the part after <fleet>- of its name in Google Secret Manager, in lower case.",
);

const secret = z.strictObject({
  name: label.describe("The Secret's name in the workload's namespace."),
  from: cloudSecret.describe("The secret <fleet>-<from> in Google Secret Manager: a JSON object."),
  keys: z
    .array(
      matching(
        /^[A-Za-z0-9_-]{1,253}$/,
        "a valid key. Write a field of the JSON object: letters, digits, hyphens and underscores.",
      ),
    )
    .min(1, { error: "this list is empty. Write at least one key, or delete the list." })
    .optional()
    .describe("Fields of the object; default: all of them."),
});

const common = {
  selector: labels.describe(
    "Devices with all of these labels run the workload; empty: all devices.",
  ),
  versions: z
    .record(z.string(), z.string())
    .describe(
      "The version in each ring: an image tag, or the exact version of the chart; @sha256:… may follow.",
    ),
  architectures: z
    .array(z.enum(architectures))
    .min(1, { error: "this list is empty. Write at least one architecture, like x86_64." })
    .optional()
    .describe(
      "Architectures of its images. The selector must not match devices with another architecture.",
    ),
  secrets: z
    .array(secret)
    .default([])
    .describe("Secrets that are not in Git. Each device that runs the workload gets them."),
};

const chartRepository = text((value) => {
  const example = "Write one like https://charts.example.com or oci://registry.example.com/charts.";
  // Argo CD would evaluate double braces.
  if (!/^(https|oci):\/\/[^\s?#{}]+$/.test(value) || !URL.canParse(value)) {
    return `${JSON.stringify(value)} is not a valid URL of a chart repository. ${example}`;
  }
  const { username, password } = new URL(value);
  if (username !== "" || password !== "") {
    return `this URL contains a user or a password, and the fleet file is in Git. ${example} A private one needs login.`;
  }
  return isRegistry(value) ? registryProblem(value) : undefined;
});

/** OCI distribution specification 1.1: names of repositories. */
const registryPattern =
  /^oci:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*\/?$/;

function registryProblem(value: string): string | undefined {
  if (registryPattern.test(value)) return undefined;
  const tag = /[:@][^/:@]*$/.exec(value.slice("oci://".length).replace(/^[^/]*/, ""));
  return tag === null
    ? `${JSON.stringify(value)} is not a valid URL of a registry. Write the registry and a path in lower case, like oci://registry.example.com/charts.`
    : `this URL has a version. Write it under versions, and the URL without ${JSON.stringify(tag[0])} and without the chart's name.`;
}

export const chartSchema = z
  .strictObject({
    repository: chartRepository.describe(
      "URL of the chart repository, as in helm repo add; or a registry and path, like oci://registry.example.com/charts.",
    ),
    name: matching(
      /^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/,
      "a valid chart name. Write its name in the repository, in lower case.",
    ).describe("Name of the chart in the repository."),
    login: cloudSecret
      .optional()
      .describe(
        "The secret <fleet>-<login> in Google Secret Manager: a JSON object with username and password.",
      ),
  })
  .describe("A Helm chart, rendered by Argo CD on the hub. Versions must be exact.");

const kind = matching(
  /^(?!v[0-9]+((alpha|beta)[0-9]+)?\/)([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Z][A-Za-z0-9]*$/,
  "a valid kind. Write group and kind without a version, like apps/Deployment. For the core group write the kind only, like Service.",
);

const freeValues = z.record(z.string(), z.unknown());

/** A workload without a construct. */
const free = z.strictObject({
  ...common,
  values: freeValues.default({}).describe("Values of the chart. In manifests: ${values.<key>}."),
  sites: z
    .record(z.string(), freeValues)
    .default({})
    .describe("Values for single sites, merged over the others. A list replaces the whole list."),
  manifests: z
    .string()
    .min(1, { error: "this is empty. Write the path of a folder, relative to this file's folder." })
    .optional()
    .describe("Folder of plain YAML with ${version}, ${ring}, ${site} and ${values.<key>}."),
  chart: chartSchema.optional(),
  kinds: z
    .array(kind)
    .min(1, { error: "this list is empty. Write at least one kind, like apps/Deployment." })
    .optional()
    .describe(
      "Kinds of objects that the chart creates. Argo CD watches them; default: the most common kinds.",
    ),
  podSecurity: z
    .enum(podSecurityLevels)
    .optional()
    .describe("Pod Security Standard of its namespace; default: restricted."),
});

type Free = typeof free;

/** A workload that is a construct. Its values, if it has any, are typed. */
function ofConstruct(values: z.ZodObject | undefined): z.ZodType {
  if (values === undefined) return z.strictObject(common);
  return z.strictObject({
    ...common,
    values: values.prefault({}).describe("Values of the workload."),
    sites: z
      .record(z.string(), levelSchema(values))
      .default({})
      .describe("Values for single sites, merged over the others."),
  });
}

/** @param constructs undefined: they are unknown, and any values are accepted */
export function workloadsSchema(
  constructs?: ValuesSchemas,
): z.ZodDefault<z.ZodRecord<typeof label, Free>> {
  const typed = Object.entries(constructs ?? {}).map(
    ([name, values]) =>
      [
        name,
        ofConstruct(values).optional().describe(`The workload ${name}: a construct.`),
      ] as const,
  );
  const workloads = (
    constructs === undefined
      ? z.record(label, free)
      : z.object(Object.fromEntries(typed)).catchall(free)
  ) as z.ZodRecord<typeof label, Free>;
  return workloads.default({}).describe("What runs on the devices.");
}
