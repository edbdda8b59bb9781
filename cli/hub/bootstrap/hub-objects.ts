/** Objects on the hub that are not in Git, as JSON of the Kubernetes API, and how they differ. */

/** An object of the core API, version v1. */
export interface HubObject {
  readonly kind: "Namespace" | "ConfigMap" | "Secret";
  readonly name: string;
  /** Absent for a Namespace. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The type of a Secret, `kubernetes.io/tls`. It can't be changed in place. */
  readonly type?: string;
  /** In plain text, even for a Secret. */
  readonly data?: Readonly<Record<string, string>>;
}

/** As the API server returns it; only the fields that are used. */
export interface FoundObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly type?: string;
  /** In base64 for a Secret. */
  readonly data?: Readonly<Record<string, string>>;
}

/** What is done with an object. `kept`: it exists, and the user gave no other. */
export type Change = "placed" | "replaced" | "unchanged" | "kept";

export function changeOf(wanted: HubObject, found: FoundObject | undefined): Change {
  if (found === undefined) return "placed";
  // Other settings of a namespace belong to its users.
  if (wanted.kind === "Namespace") return "unchanged";
  return sameContents(wanted, found) && hasLabels(wanted, found) ? "unchanged" : "replaced";
}

/** Whether type and data are the same, byte for byte. */
export function sameContents(wanted: HubObject, found: FoundObject): boolean {
  const data = encodedData(wanted);
  const names = Object.keys(data);
  const there = found.data ?? {};
  return (
    (wanted.type === undefined || wanted.type === found.type) &&
    names.length === Object.keys(there).length &&
    names.every((name) => data[name] === there[name])
  );
}

function hasLabels(wanted: HubObject, { metadata }: FoundObject): boolean {
  return Object.entries(wanted.labels ?? {}).every(
    ([name, value]) => metadata.labels?.[name] === value,
  );
}

/** The object as it is sent to the API server. */
export function manifestOf(wanted: HubObject): Record<string, unknown> {
  const { kind, name, namespace, labels, type } = wanted;
  return {
    apiVersion: "v1",
    kind,
    metadata: { name, ...(namespace && { namespace }), ...(labels && { labels }) },
    ...(type !== undefined && { type }),
    ...(wanted.data && { data: encodedData(wanted) }),
  };
}

/**
 * The object that replaces an existing one. It keeps labels, annotations and resourceVersion, so
 * that the API server refuses it if somebody else changed the object at the same time.
 */
export function replacementOf(wanted: HubObject, found: FoundObject): Record<string, unknown> {
  const labels = { ...found.metadata.labels, ...wanted.labels };
  return { ...manifestOf(wanted), metadata: { ...found.metadata, labels } };
}

/** The API path of all objects of this kind and namespace. */
export function collectionPath({ kind, namespace }: HubObject): string {
  if (kind === "Namespace") return "/api/v1/namespaces";
  return `/api/v1/namespaces/${namespace}/${kind === "Secret" ? "secrets" : "configmaps"}`;
}

export function objectPath(object: HubObject): string {
  return `${collectionPath(object)}/${object.name}`;
}

function encodedData({ kind, data = {} }: HubObject): Record<string, string> {
  if (kind !== "Secret") return { ...data };
  return Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString("base64")]),
  );
}
