/**
 * One text for each plain value, the same in every process. `serialize` of node:v8 writes an array in one of two
 * forms, by how the engine happens to store it; JSON has no maps, and leaves out what is undefined.
 */

/** @throws Error for a value with functions, or with objects of a class: nobody can tell what is in them */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
      return String(value);
    case "undefined":
      return "undefined";
    case "object":
      return value === null ? "null" : textOfObject(value);
    default:
      throw new Error(`a ${typeof value} has no text`);
  }
}

function textOfObject(value: object): string {
  if (Array.isArray(value)) return listText(value);
  if (value instanceof Map) return `Map${listText([...value].flat(1))}`;
  if (value instanceof Uint8Array) return `bytes"${Buffer.from(value).toString("base64")}"`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new Error("an object of a class has no text");
  }
  let text = "{";
  for (const [key, each] of Object.entries(value)) {
    text += `${JSON.stringify(key)}:${canonicalText(each)},`;
  }
  return `${text}}`;
}

function listText(values: readonly unknown[]): string {
  let text = "[";
  for (const each of values) text += `${canonicalText(each)},`;
  return `${text}]`;
}
