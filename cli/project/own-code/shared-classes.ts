/** Which packages have classes that must be those of the running program. */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { nearestAbove } from "../../../fleet/files/search-above.ts";
import { sharedPackages } from "./entries.ts";

/** The command line has these inside itself: a package that loads its own copy makes other classes. */
const inside = ["flotilla", "cdk8s", "cdk8s-plus-27"];

const namesSchema = z.record(z.string(), z.unknown()).default({});
const manifestSchema = z.object({
  dependencies: namesSchema,
  optionalDependencies: namesSchema,
  peerDependencies: namesSchema,
});

/**
 * Whether a package, or one that it depends on, builds on Flotilla or cdk8s.
 *
 * @param from the folder from which it is imported
 * @param seen gets the package.json of each package that this depends on
 */
export function sharesClasses(name: string, from: string, seen: Set<string>): boolean {
  return walk(name, from, seen, new Set());
}

function walk(name: string, from: string, seen: Set<string>, done: Set<string>): boolean {
  const file = nearestAbove(from, join("node_modules", name, "package.json"));
  if (file === undefined || done.has(file)) return false;
  done.add(file);
  seen.add(file);
  const names = dependenciesOf(file);
  if (names.some((each) => inside.includes(each))) return true;
  // Where a package manager keeps it, what it depends on is beside it.
  const place = realpathSync(dirname(file));
  return names
    .filter((each) => !sharedPackages.includes(each))
    .some((each) => walk(each, place, seen, done));
}

function dependenciesOf(file: string): string[] {
  try {
    const found = manifestSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return Object.values(found).flatMap((names) => Object.keys(names));
  } catch {
    // Node reports it when it loads the package.
    return [];
  }
}
