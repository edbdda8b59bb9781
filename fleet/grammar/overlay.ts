/**
 * One YAML document merged over another, as JSON Merge Patch (RFC 7396) does: mappings are merged, lists
 * and scalars are replaced, and null removes what the document below has. The name of a secret is replaced
 * as well. Every value keeps the place in the file that it is written in.
 */
import { namesSecret } from "../model/secret-reference.ts";
import { isMapping, type Values } from "../model/values.ts";
import { show, valueAt } from "./check.ts";
import { InputError, type Mistake } from "./mistakes.ts";
import type { Path, Source } from "./source.ts";

/**
 * @param base the document below
 * @param top the document above, after which the result is named
 * @throws InputError if one of them is not a mapping, or if an empty value would remove a key
 */
export function overlaySource(base: Source, top: Source): Source {
  const mistakes = [base, top].flatMap(rootMistakes);
  if (mistakes.length === 0) mistakes.push(...emptyRemovals(base, top));
  if (mistakes.length > 0) throw new InputError(mistakes);
  const ownerOf = (path: Path) => (isBelow(base.value, top.value, path) ? base : top);
  return {
    file: top.file,
    value: merged(base.value as Values, top.value as Values),
    fileOf: (path) => ownerOf(path).file,
    mistake: (path, message) =>
      ownerOf(path).mistake(
        path,
        removesNothing(base, top, path) ? nothingToRemove(base) : message,
      ),
    keyMistake: (path, message) => ownerOf(path).keyMistake(path, message),
    written: (path) => ownerOf(path).written(path),
    blockPlace: (path) => ownerOf(path).blockPlace(path),
  };
}

/** Whether a null is written for a key that the document below does not have. */
function removesNothing(base: Source, top: Source, path: Path): boolean {
  return (
    valueAt(top.value, path) === null &&
    top.written(path) !== "" &&
    valueAt(base.value, path) === undefined
  );
}

const nothingToRemove = ({ file }: Source) =>
  `${file} does not have this key, so there is nothing to remove. Delete this line.`;

function rootMistakes(source: Source): Mistake[] {
  const { value } = source;
  if (isMapping(value)) return [];
  const holds = value === null || value === undefined ? "is empty" : `contains ${show(value)}`;
  return [source.mistake([], `this file ${holds}. Write a mapping.`)];
}

/** An empty value is read as null; it can be a list whose lines are commented out. */
function emptyRemovals(base: Source, top: Source): Mistake[] {
  return removalsIn(base.value, top.value, [])
    .filter((path) => top.written(path) === "")
    .map((path) =>
      top.mistake(
        path,
        `found nothing. Write a value, or write null to remove this key of ${base.file}.`,
      ),
    );
}

/** Where null removes something. */
function removalsIn(base: unknown, top: unknown, path: Path): Path[] {
  if (!isMapping(base) || !isMapping(top)) return [];
  return Object.keys(top).flatMap((key) => {
    if (!Object.hasOwn(base, key)) return [];
    const inner = [...path, key];
    return top[key] === null ? [inner] : removalsIn(base[key], top[key], inner);
  });
}

function merged(base: Values, top: Values): Values {
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(top)) {
    const present = result.get(key);
    const isMerged = isMapping(present) && isMapping(value) && !namesSecret(key, value);
    if (value === null && result.has(key)) result.delete(key);
    else result.set(key, isMerged ? merged(present, value) : value);
  }
  // Unlike assignments, this makes an own property of `__proto__`.
  return Object.fromEntries(result);
}

/** Whether the value at `path` is from the document below alone. */
function isBelow(base: unknown, top: unknown, path: Path): boolean {
  let [below, above] = [base, top];
  for (const segment of path) {
    if (!isMapping(below) || !isMapping(above)) return false;
    const key = String(segment);
    if (!Object.hasOwn(above, key)) return Object.hasOwn(below, key);
    if (!Object.hasOwn(below, key)) return false;
    [below, above] = [below[key], above[key]];
  }
  return false;
}
