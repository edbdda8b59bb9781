/** The grammar of labels: Kubernetes' own, without the prefixes that belong to programs. */
import { z } from "zod";
import { labelValue } from "./value-schemas.ts";

/** A name, after an RFC 1123 subdomain or alone. */
const keyPattern =
  /^(?:(?=[^/]{1,253}\/)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)\/)?([A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)$/;

/** Whose labels select objects, devices and nodes; with all domains below them. */
const reservedPrefixes: Readonly<Record<string, string>> = {
  "kubernetes.io": "Kubernetes",
  "k8s.io": "Kubernetes",
  "k3s.io": "K3s",
  "argoproj.io": "Argo CD",
  "flotilla.dev": "Flotilla",
};

/** The parts of a label's key, or undefined if it is not valid. */
export function labelParts(
  key: string,
): { readonly prefix?: string; readonly name: string } | undefined {
  const [found, prefix, name = ""] = keyPattern.exec(key) ?? [];
  if (found === undefined) return undefined;
  return prefix === undefined ? { name } : { prefix, name };
}

/** Why a key cannot be that of an operator's label, although it has the form of one. */
export function reservedLabelKey(key: string): string | undefined {
  const { prefix = "", name = "" } = labelParts(key) ?? {};
  const owner = Object.keys(reservedPrefixes).find(
    (reserved) => prefix === reserved || prefix.endsWith(`.${reserved}`),
  );
  return owner === undefined
    ? undefined
    : `"${key}" has a prefix of ${reservedPrefixes[owner]}. Write a prefix of your own, like example.com/${name}.`;
}

function invalidKey(key: string): string {
  const [prefix = "", ...names] = key.split("/");
  const lower = [prefix.toLowerCase(), ...names].join("/");
  return names.length > 0 && keyPattern.test(lower)
    ? `"${key}" has capital letters in its prefix, which is a domain. Write ${lower}.`
    : `${JSON.stringify(key)} is not a valid label key. Write letters, digits, hyphens, dots and underscores, like till or example.com/till.`;
}

/** A key of a label of a device or a node. @param problem of a key in the right form */
export function labelKey(problem: (key: string) => string | undefined) {
  const error = ({ input }: { readonly input?: unknown }) => invalidKey(String(input));
  return z
    .string()
    .regex(keyPattern, { error })
    .check(({ value, issues }) => {
      const message = problem(value);
      if (message !== undefined) issues.push({ code: "custom", message, input: value });
    });
}

/** Labels that a selector requires. */
export const labels = z.record(labelKey(reservedLabelKey), labelValue).default({});

/** Labels of a device at one level: null removes those of earlier levels. */
export const levelLabels = z
  .record(labelKey(reservedLabelKey), labelValue.nullable())
  .nullable()
  .default({});
