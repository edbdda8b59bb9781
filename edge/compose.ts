/**
 * Parts put together to one Butane configuration, in an order that no part decides: directories,
 * files and links by path, units and users by name.
 */
import type { ButaneConfig } from "./butane/config.ts";
import type { Contribution } from "./parts/part.ts";

/**
 * `contributions` are named by their part; `snippets` are texts of Ignition that Ignition itself
 * merges into the rest when the device starts, each over those before it. Throws where two parts
 * write the same path, unit or user: that is a mistake in the parts, never in an operator's input.
 */
export function composeConfig(
  version: string,
  contributions: ReadonlyMap<string, Contribution>,
  snippets: readonly string[] = [],
): ButaneConfig {
  const merged = <Item>(
    noun: string,
    owners: Map<string, string>,
    itemsOf: (contribution: Contribution) => readonly Item[] | undefined,
    nameOf: (item: Item) => string,
  ): readonly Item[] => {
    const found: Item[] = [];
    for (const [part, contribution] of contributions) {
      for (const item of itemsOf(contribution) ?? []) {
        const name = nameOf(item);
        const owner = owners.get(name);
        if (owner !== undefined) throw new Error(`${owner} and ${part} both write ${noun} ${name}`);
        owners.set(name, part);
        found.push(item);
      }
    }
    return found.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  };
  const users = merged("user", new Map(), (each) => each.users, nameOfItem);
  // A path is one directory, one file or one link.
  const paths = new Map<string, string>();
  const directories = merged("path", paths, (each) => each.directories, pathOfItem);
  const files = merged("path", paths, (each) => each.files, pathOfItem);
  const links = merged("path", paths, (each) => each.links, pathOfItem);
  const units = merged("unit", new Map(), (each) => each.units, nameOfItem);
  const [boot] = [...contributions.values()].flatMap(({ bootDevice }) => bootDevice ?? []);
  return {
    variant: "fcos",
    version,
    ...(snippets.length > 0 && {
      ignition: { config: { merge: snippets.map((inline) => ({ inline })) } },
    }),
    ...(boot !== undefined && { boot_device: boot }),
    ...(users.length > 0 && { passwd: { users } }),
    ...(paths.size > 0 && {
      storage: {
        ...(directories.length > 0 && { directories }),
        ...(files.length > 0 && { files }),
        ...(links.length > 0 && { links }),
      },
    }),
    ...(units.length > 0 && { systemd: { units } }),
  };
}

const nameOfItem = ({ name }: { readonly name: string }) => name;
const pathOfItem = ({ path }: { readonly path: string }) => path;
