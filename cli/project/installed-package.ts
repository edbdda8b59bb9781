/** How another project can install the Flotilla that runs. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { installationFolder } from "../../fleet/files/installation.ts";

/**
 * The value for its package.json: the version if a registry has it, otherwise the tarball that it is
 * from, or the folder that it is in.
 *
 * @param project the folder of the other project; it exists
 */
export function flotillaSpecifier(project: string, root: string = installationFolder()): string {
  const from = installedFrom(root);
  if (from !== undefined && /^https?:/.test(from)) {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    return `^${version}`;
  }
  const tarball = from?.startsWith("file:") && resolve(modulesOf(root), "..", from.slice(5));
  const place = tarball && existsSync(tarball) ? tarball : root;
  const path = relative(realpathSync(project), realpathSync(place));
  return `file:${path.replaceAll("\\", "/")}`;
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
