/** The size of objects. An API server stores no large ones, and says so only when Argo CD applies them. */

/** The limit of etcd. In characters of keys and values. */
export const objectLengthMax = 1.5 * 2 ** 20;

/** Why an object is not stored; undefined if it is. */
export function sizeProblem(object: unknown, what = "this object"): string | undefined {
  return lengthOf(object) > objectLengthMax ? tooLong(what) : undefined;
}

export function tooLong(what: string): string {
  return `${what} is longer than ${objectLengthMax / 2 ** 20} MiB, which Kubernetes does not store. Write less, or several objects.`;
}

/** The characters of all keys and values. A text that aliases repeat counts each time, and is not copied. */
function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 1;
  let length = 0;
  for (const [key, item] of Object.entries(value)) length += key.length + lengthOf(item);
  return length;
}
