/**
 * The grammar of the part `workloads` of fleet.yaml: a construct of gitops/workloads/, a folder of
 * plain YAML, or a Helm chart. What each construct understands as its values comes in from there:
 * see Extensions in fleet-schema.ts.
 */
import { z } from "zod";
import { architectures, podSecurityLevels } from "../model/fleet.ts";
import { label, labels, matching, text } from "./value-schemas.ts";

/**
 * By the name of a construct of gitops/workloads/: its values, each with a default or optional;
 * undefined: it has none.
 */
export type ValuesSchemas = Readonly<Record<string, z.ZodObject | undefined>>;

const secret = z.strictObject({
  name: label.describe("The Secret's name in the workload's namespace."),
  from: matching(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "no purpose. Write the end of the secret's name in Google Secret Manager, behind <fleet>-, in lower case.",
  ).describe("The secret <fleet>-<from> in Google Secret Manager: a JSON object."),
  keys: z
    .array(
      matching(
        /^[A-Za-z0-9_-]{1,253}$/,
        "no key. Write a field of the JSON object: letters, digits, hyphens and underscores.",
      ),
    )
    .min(1, { error: "there is no key in this list. Write at least one, or delete the list." })
    .optional()
    .describe("Fields of the object; default: all of them."),
});

const common = {
  selector: labels.describe("Devices with all of these labels run it; empty: all devices."),
  versions: z
    .record(z.string(), z.string())
    .describe("The version in each ring: an image's tag, or the exact version of the chart."),
  architectures: z
    .array(z.enum(architectures))
    .min(1, { error: "there is no architecture in this list. Write at least one, like x86_64." })
    .optional()
    .describe("What its images are built for: no device of another one may be selected."),
  secrets: z
    .array(secret)
    .default([])
    .describe("Secrets that are not in Git; each device that runs the workload gets them."),
};

const chartRepository = text((value) => {
  const example = "Write one like https://charts.example.com.";
  if (!/^https:\/\/[^\s?#]+$/.test(value) || !URL.canParse(value)) {
    return `${JSON.stringify(value)} is no address of a chart repository. ${example}`;
  }
  const { username, password } = new URL(value);
  return username === "" && password === ""
    ? undefined
    : `this URL holds a user or password, and the fleet file is in Git. ${example}`;
});

const chart = z
  .strictObject({
    repository: chartRepository.describe("The chart repository, as helm repo add takes it."),
    name: matching(
      /^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/,
      "no chart. Write its name in the repository, in lower case.",
    ).describe("Name of the chart in the repository."),
  })
  .describe("A Helm chart, which Argo CD renders on the hub; each version is exact.");

const kind = matching(
  /^(?!v[0-9]+((alpha|beta)[0-9]+)?\/)([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Z][A-Za-z0-9]*$/,
  "no kind of object. Write its group and its kind without a version, like apps/Deployment; of the core group the kind alone, like Service.",
);

const freeValues = z.record(z.string(), z.unknown());

/** Of a workload that no construct stands behind. */
const free = z.strictObject({
  ...common,
  values: freeValues.default({}).describe("Of the chart; in manifests they are ${values.<key>}."),
  sites: z
    .record(z.string(), freeValues)
    .default({})
    .describe("Values of single sites, laid over the others; lists are replaced as a whole."),
  manifests: z
    .string()
    .min(1, { error: "this is empty. Write a folder's path from this file's folder." })
    .optional()
    .describe("Folder of plain YAML with ${version}, ${ring}, ${site} and ${values.<key>}."),
  chart: chart.optional(),
  kinds: z
    .array(kind)
    .min(1, { error: "there is no kind in this list. Write at least one, like apps/Deployment." })
    .optional()
    .describe("What the chart makes, which Argo CD then watches; default: the most common kinds."),
  podSecurity: z
    .enum(podSecurityLevels)
    .optional()
    .describe("How much its pods may do to their device; default: restricted."),
});

type Free = typeof free;

/** Of a construct: where it has values, they are typed. */
function ofConstruct(values: z.ZodObject | undefined): z.ZodType {
  if (values === undefined) return z.strictObject(common);
  return z.strictObject({
    ...common,
    values: values.prefault({}).describe("Values of the workload."),
    sites: z
      .record(z.string(), values.partial())
      .default({})
      .describe("Values of single sites, laid over the others."),
  });
}

/** @param constructs undefined: nothing is known of them, and any values will do */
export function workloadsSchema(
  constructs?: ValuesSchemas,
): z.ZodDefault<z.ZodRecord<typeof label, Free>> {
  const typed = Object.entries(constructs ?? {}).map(
    ([name, values]) =>
      [name, ofConstruct(values).optional().describe(`The built-in workload ${name}.`)] as const,
  );
  const workloads = (
    constructs === undefined
      ? z.record(label, free)
      : z.object(Object.fromEntries(typed)).catchall(free)
  ) as z.ZodRecord<typeof label, Free>;
  return workloads.default({}).describe("What runs on the devices.");
}

export type WorkloadInput = z.output<Free>;
