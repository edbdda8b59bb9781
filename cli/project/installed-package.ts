/** How another project can install the Flotilla that runs. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
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
  if (from === "registry") return `^${installationManifest(root).version}`;
  return linkTo(project, from ?? root);
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

/**
 * A registry, or the path of a tarball that is still there. npm notes in node_modules what each package is
 * from. pnpm and Yarn don't; there the package.json beside the outermost node_modules has to say it. A
 * global installation has neither.
 */
function installedFrom(root: string): string | undefined {
  if (basename(modulesOf(root)) !== "node_modules") return undefined;
  const { packages } = readJson(join(modulesOf(root), ".package-lock.json"));
  const noted = packages?.[`node_modules/${basename(root)}`]?.resolved;
  if (noted !== undefined) {
    return /^https?:/.test(noted) ? "registry" : tarball(dirname(modulesOf(root)), noted);
  }
  const [owner = ""] = root.split(`${sep}node_modules${sep}`);
  const { dependencies, devDependencies } = readJson(join(owner, "package.json"));
  const declared = { ...dependencies, ...devDependencies }[basename(root)];
  if (declared === undefined) return undefined;
  return /^[\d^~]/.test(declared) ? "registry" : tarball(owner, declared);
}

function tarball(folder: string, specifier: string): string | undefined {
  const path = resolve(folder, specifier.replace(/^file:/, ""));
  return path.endsWith(".tgz") && existsSync(path) ? path : undefined;
}

/** The fields in use of package.json and of node_modules/.package-lock.json; empty if the file is missing. */
interface Installation {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readJson(path: string): Installation {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Installation) : {};
}

function modulesOf(root: string): string {
  return dirname(root);
}
