/** Names, labels and annotations that Kubernetes refuses in any object, whatever its kind. */
import { show } from "../grammar/check.ts";
import { labelParts } from "../grammar/label-schemas.ts";
import { groupOf } from "../model/kinds.ts";
import { labelPattern, subdomainPattern } from "../model/names.ts";
import { fieldAt, isMapping } from "../model/values.ts";
import { podOf, type Fields } from "./pods.ts";
import type { ObjectProblem } from "./schema-check.ts";

interface NamedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export function metadataProblems(object: NamedObject): readonly ObjectProblem[] {
  const fields: Fields = { ...object };
  return [
    ...nameProblems(object),
    ...["resourceVersion", "uid"]
      .filter((key) => (fieldAt(fields, ["metadata", key]) ?? null) !== null)
      .map((key) => ({
        path: ["metadata", key],
        message: `only Kubernetes writes ${key}. Delete this line.`,
      })),
    ...labelPaths(object).flatMap((path) => labelProblems(fields, path)),
    ...annotationProblems(fields),
  ];
}

interface NameRule {
  readonly pattern: RegExp;
  /** What to write. */
  readonly words: string;
}

const subdomain: NameRule = {
  pattern: subdomainPattern,
  words:
    "lower-case letters, digits, hyphens and dots, with a letter or digit at both ends of each part",
};
const label: NameRule = {
  pattern: labelPattern,
  words: "at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
};
/** RFC 1035. */
const serviceName: NameRule = {
  pattern: /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
  words:
    "at most 63 lower-case letters, digits and hyphens, with a letter first and a letter or digit last",
};
/** Kubernetes appends 11 characters for each Job. */
const cronJobName: NameRule = {
  pattern: new RegExp(`^(?=.{1,52}$)${subdomain.pattern.source.slice(1)}`),
  words: `at most 52 ${subdomain.words}`,
};
/** What can be part of a path, without the characters that file names may not have everywhere. */
const pathSegment: NameRule = {
  pattern: /^[A-Za-z0-9]([A-Za-z0-9.:_-]{0,251}[A-Za-z0-9])?$/,
  words: "letters, digits, hyphens, dots, colons and underscores",
};

/** Kinds with another rule than a subdomain, as `group/kind`; a star stands for every kind of the group. */
const nameRules: ReadonlyMap<string, NameRule> = new Map([
  ["/Namespace", label],
  ["/Service", serviceName],
  ["batch/CronJob", cronJobName],
  ["certificates.k8s.io/*", pathSegment],
  ["networking.k8s.io/IPAddress", pathSegment],
  ["rbac.authorization.k8s.io/*", pathSegment],
]);

function nameProblems({
  apiVersion,
  kind,
  metadata: { name },
}: NamedObject): readonly ObjectProblem[] {
  const group = groupOf(apiVersion);
  const rule = nameRules.get(`${group}/${kind}`) ?? nameRules.get(`${group}/*`);
  const { pattern, words } = rule ?? subdomain;
  if (typeof name === "string" && pattern.test(name)) return [];
  return [{ path: ["metadata", "name"], message: `found ${show(name)}. Write ${words}.` }];
}

const selectorPaths: Readonly<Record<string, readonly string[]>> = {
  "/Service": ["spec", "selector"],
  "apps/DaemonSet": ["spec", "selector", "matchLabels"],
  "apps/Deployment": ["spec", "selector", "matchLabels"],
  "apps/ReplicaSet": ["spec", "selector", "matchLabels"],
  "apps/StatefulSet": ["spec", "selector", "matchLabels"],
  "networking.k8s.io/NetworkPolicy": ["spec", "podSelector", "matchLabels"],
};

function labelPaths(object: NamedObject): readonly (readonly string[])[] {
  const { apiVersion, kind } = object;
  const own = ["metadata", "labels"];
  const group = groupOf(apiVersion);
  const pod = ["", "apps", "batch"].includes(group) ? podOf({ ...object }) : undefined;
  const selector = selectorPaths[`${group}/${kind}`];
  return [
    own,
    ...(selector === undefined ? [] : [selector]),
    ...(pod === undefined || pod.path.length === 0 ? [] : [[...pod.path, ...own]]),
  ];
}

const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

function labelProblems(object: Fields, path: readonly string[]): readonly ObjectProblem[] {
  return entriesAt(object, path).flatMap(([key, value]) => {
    const place = [...path, key];
    if (labelParts(key) === undefined) return [{ path: place, message: keyMessage("label", key) }];
    if (typeof value !== "string" || labelValue.test(value)) return [];
    const digest = value.includes("@sha256:") ? " A version with a digest cannot be a label." : "";
    const message = `found ${show(value)}. Write at most 63 letters, digits, hyphens, dots and underscores, with a letter or digit at both ends.${digest}`;
    return [{ path: place, message }];
  });
}

/** Their prefixes may have capitals. */
function annotationProblems(object: Fields): readonly ObjectProblem[] {
  const path = ["metadata", "annotations"];
  return entriesAt(object, path)
    .filter(([key]) => labelParts(key.toLowerCase()) === undefined)
    .map(([key]) => ({ path: [...path, key], message: keyMessage("annotation", key) }));
}

function keyMessage(what: string, key: string): string {
  return `${JSON.stringify(key)} is not a valid key of ${what === "label" ? "a" : "an"} ${what}. Write letters, digits, hyphens, dots and underscores, like till or example.com/till.`;
}

function entriesAt(object: Fields, path: readonly string[]): readonly [string, unknown][] {
  const found = fieldAt(object, path);
  return isMapping(found) ? Object.entries(found) : [];
}
