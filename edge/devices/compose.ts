/**
 * Parts put together to one Butane configuration, in an order that no part decides: files and links
 * by path, units and users by name.
 */
import type { ButaneConfig } from "../butane/config.ts";
import type { Contribution } from "../parts/part.ts";

/**
 * `contributions` are named by their part. Throws where two of them write the same path, unit or
 * user: that is a mistake in the parts, never in an operator's input.
 */
export function composeConfig(
  version: string,
  contributions: ReadonlyMap<string, Contribution>,
): ButaneConfig {
  const owners = new Map<string, string>();
  const merged = <Item>(
    noun: string,
    itemsOf: (contribution: Contribution) => readonly Item[] | undefined,
    keyOf: (item: Item) => string,
  ): readonly Item[] => {
    const found = new Map<string, Item>();
    for (const [part, contribution] of contributions) {
      for (const item of itemsOf(contribution) ?? []) {
        const key = `${noun} ${keyOf(item)}`;
        const owner = owners.get(key);
        if (owner !== undefined) throw new Error(`${owner} and ${part} both write ${key}`);
        owners.set(key, part);
        found.set(keyOf(item), item);
      }
    }
    return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  };
  const users = merged(
    "user",
    ({ users: items }) => items,
    ({ name }) => name,
  );
  const files = merged(
    "path",
    ({ files: items }) => items,
    ({ path }) => path,
  );
  const links = merged(
    "path",
    ({ links: items }) => items,
    ({ path }) => path,
  );
  const units = merged(
    "unit",
    ({ units: items }) => items,
    ({ name }) => name,
  );
  return {
    variant: "fcos",
    version,
    ...(users.length > 0 && { passwd: { users } }),
    ...((files.length > 0 || links.length > 0) && {
      storage: { ...(files.length > 0 && { files }), ...(links.length > 0 && { links }) },
    }),
    ...(units.length > 0 && { systemd: { units } }),
  };
}
