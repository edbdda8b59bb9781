/** The differences between two values, by path. */
import { isMapping } from "../../fleet/model/values.ts";
import { maskCredentials } from "../terminal/mask.ts";
import type { FieldChange } from "./plan.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Every difference between two JSON values, in the order of `after`. A subtree on one side only is
 * one difference. Lists of objects with names are compared by name, other lists by position.
 */
export function fieldChanges(before: unknown, after: unknown, path = ""): readonly FieldChange[] {
  if (isEqual(before, after)) return [];
  if (isMapping(before) && isMapping(after)) {
    return keysOf(before, after).flatMap((key) => {
      const inner = join(path, key);
      const hides = hiddenKey.test(key) && [before[key], after[key]].some(isText);
      const changes = fieldChanges(before[key], after[key], inner);
      return hides && changes.length > 0 ? [{ path: inner, secret: true as const }] : changes;
    });
  }
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, path);
  return [
    {
      path,
      ...(before !== undefined && { before: shown(before) }),
      ...(after !== undefined && { after: shown(after) }),
    },
  ];
}

/** Keys whose texts are treated as secrets. */
const hiddenKey = /(password|passphrase|token|secretkey|clientsecret|cookiesecret|privatekey)$/i;

const isText = (value: unknown) => typeof value === "string";

function listChanges(before: unknown[], after: unknown[], path: string): readonly FieldChange[] {
  const [oldNames, newNames] = [namesOf(before), namesOf(after)];
  if (oldNames !== undefined && newNames !== undefined) {
    const changes = [...new Set([...newNames.keys(), ...oldNames.keys()])].flatMap((name) =>
      fieldChanges(oldNames.get(name), newNames.get(name), `${path}[${name}]`),
    );
    // The same items in another order.
    return changes.length > 0 ? changes : [{ path, before: shown(before), after: shown(after) }];
  }
  const scalars = [...before, ...after].every((item) => typeof item !== "object");
  if (scalars) return [{ path, before: shown(before), after: shown(after) }];
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) =>
    fieldChanges(before[index], after[index], `${path}[${index}]`),
  ).flat();
}

/** The items by name; undefined if an item has no name or a name appears twice. */
function namesOf(items: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const names = new Map<string, unknown>();
  for (const item of items) {
    if (!isMapping(item) || typeof item["name"] !== "string") return undefined;
    names.set(item["name"], item);
  }
  return names.size === items.length ? names : undefined;
}

/** First the keys of `after`, in their order, then those that were removed. */
function keysOf(before: Fields, after: Fields): readonly string[] {
  return [...new Set([...Object.keys(after), ...Object.keys(before)])];
}

function isEqual(before: unknown, after: unknown): boolean {
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}

/** A key with a dot or a slash is quoted: `annotations["a.b/c"]`. */
function join(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** A value with credentials in URLs masked, and without secrets. */
function shown(value: unknown): unknown {
  if (typeof value === "string") return maskCredentials(value);
  if (Array.isArray(value)) return value.map(shown);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      hiddenKey.test(key) && isText(inner) ? "<secret>" : shown(inner),
    ]),
  );
}
