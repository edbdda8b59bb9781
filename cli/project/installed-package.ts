/** How another project can install the Flotilla that runs. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { installationFolder, installationManifest } from "../../fleet/files/installation.ts";
import { sharedPackages } from "./own-code/entries.ts";

/**
 * The value for its package.json: the version if a registry has it, otherwise the tarball that it is
 * from, or the folder that it is in.
 *
 * @param project the folder of the other project; it exists
 */
export function flotillaSpecifier(project: string, root: string = installationFolder()): string {
  const from = installedFrom(root);
  if (from !== undefined && /^https?:/.test(from)) {
    return `^${installationManifest(root).version}`;
  }
  const tarball = from?.startsWith("file:") && resolve(modulesOf(root), "..", from.slice(5));
  const place = tarball && existsSync(tarball) ? tarball : root;
  return linkTo(project, place);
}

/**
 * The specifiers of the packages that a project shares with a Flotilla that it links; empty where it
 * installs one of its own.
 */
export function linkedPackages(
  project: string,
  specifier: string,
  root: string = installationFolder(),
): Readonly<Record<string, string>> {
  if (!specifier.startsWith("file:") || specifier.endsWith(".tgz")) return {};
  const places = [join(root, "node_modules"), modulesOf(root)];
  const found = sharedPackages.flatMap((name) => {
    const place = places.map((each) => join(each, name)).find((each) => existsSync(each));
    return place === undefined ? [] : [[name, linkTo(project, place)] as const];
  });
  return Object.fromEntries(found);
}

function linkTo(project: string, place: string): string {
  return `file:${relative(realpathSync(project), realpathSync(place)).replaceAll("\\", "/")}`;
}

/** npm notes in node_modules what each package is from; global installations have no such note. */
function installedFrom(root: string): string | undefined {
  const note = join(modulesOf(root), ".package-lock.json");
  if (basename(modulesOf(root)) !== "node_modules" || !existsSync(note)) return undefined;
  const { packages } = JSON.parse(readFileSync(note, "utf8"));
  return packages?.[`node_modules/${basename(root)}`]?.resolved;
}

function modulesOf(root: string): string {
  return dirname(root);
}
