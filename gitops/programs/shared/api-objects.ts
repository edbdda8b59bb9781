/** Objects of a Kubernetes API, as far as the programs need them. What an API server sends is checked. */
import { fieldsOf } from "./json.ts";

export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface Page<T> {
  readonly items: readonly T[];
  /** For the request of the next page; "" if this is the last one. */
  readonly next: string;
}

/** Longer ones are not of a Kubernetes API. */
const continueLengthMax = 4096;

/** @throws Error that quotes nothing */
export function parsePage<T extends ApiObject>(content: unknown): Page<T> {
  const { items, metadata } = fieldsOf(content) ?? {};
  if (!Array.isArray(items)) throw new Error("the answer is not a list of objects");
  const next = fieldsOf(metadata)?.["continue"] ?? "";
  if (typeof next !== "string" || next.length > continueLengthMax) {
    throw new Error("the answer is not a list of objects");
  }
  for (const item of items)
    if (!isObject(item)) throw new Error("the answer is not a list of objects");
  return { items: items as T[], next };
}

function isObject(item: unknown): item is ApiObject {
  const { name, namespace, uid, labels } = fieldsOf(fieldsOf(item)?.["metadata"]) ?? {};
  return (
    isName(name) &&
    (namespace === undefined || isName(namespace)) &&
    (uid === undefined || (typeof uid === "string" && /^[\w-]{1,128}$/.test(uid))) &&
    (labels === undefined || isTexts(labels))
  );
}

/** kubernetes.io/docs, "Object Names and IDs": a DNS subdomain (RFC 1123). */
function isName(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= 253 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value)
  );
}

/** Whether this is an object of texts, as labels and the data of a Secret are. */
export function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  const fields = fieldsOf(value);
  return fields !== undefined && Object.values(fields).every((each) => typeof each === "string");
}
