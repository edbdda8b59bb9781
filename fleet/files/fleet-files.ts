/** The files of a fleet: those beside fleet.yaml, or those of one environment. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { atPath } from "./operation-error.ts";
import { environmentsFolder } from "../model/contract.ts";

export const fleetFileName = "fleet.yaml";
export const rootKeyFile = "fleet.key";
export const publishingKeyFile = "publishing.key";

export interface FleetFiles {
  /** The file that declares the fleet: fleet.yaml, or the file of an environment. */
  readonly fleetFile: string;
  /** The environment, and the fleet.yaml that its file is merged over. */
  readonly environment?: { readonly name: string; readonly base: string };
  /** The folder of the project: relative paths in its files start here. */
  readonly directory: string;
  readonly lockFile: string;
  readonly rootKeyFile: string;
  readonly publishingKeyFile: string;
  /** The folder of all outputs. */
  readonly outputFolder: string;
}

/** A file in `environments/` is merged over the fleet.yaml beside that folder, if there is one. */
export function fleetFilesOf(fleetFile: string): FleetFiles {
  const folder = dirname(fleetFile);
  const name = basename(fleetFile, extname(fleetFile));
  const lockFile = join(folder, `${name}.lock.yaml`);
  const base = join(folder, "..", fleetFileName);
  if (basename(resolve(folder)) !== environmentsFolder || !existsSync(base)) {
    return {
      fleetFile,
      directory: folder,
      lockFile,
      rootKeyFile: join(folder, rootKeyFile),
      publishingKeyFile: join(folder, publishingKeyFile),
      outputFolder: join(folder, "dist"),
    };
  }
  const directory = dirname(base);
  return {
    fleetFile,
    environment: { name, base },
    directory,
    lockFile,
    rootKeyFile: join(folder, `${name}.key`),
    publishingKeyFile: join(folder, `${name}.publishing.key`),
    outputFolder: join(directory, "dist", name),
  };
}

/** The path of the file of an environment. */
export function environmentFile(directory: string, name: string): string {
  return join(directory, environmentsFolder, `${name}.yaml`);
}

/** The names of a project's environments, sorted. */
export function environmentsIn(directory: string): readonly string[] {
  const folder = join(directory, environmentsFolder);
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!existsSync(join(directory, fleetFileName)) || !isThere) return [];
  return atPath(folder, () => readdirSync(folder))
    .filter((file) => file.endsWith(".yaml") && isEnvironmentName(file.slice(0, -".yaml".length)))
    .map((file) => file.slice(0, -".yaml".length))
    .toSorted();
}

/** An environment cannot have the name of a folder of dist, because an environment has a folder there. */
export function isEnvironmentName(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) && !/^(infra|gitops|edge)$/.test(name);
}

/** The kind of key that a path is the place of; undefined for any other file. */
export function keyKindOf(path: string): "root key" | "publishing key" | undefined {
  const name = basename(path);
  const isEnvironments = basename(dirname(path)) === environmentsFolder;
  if (name === publishingKeyFile || (isEnvironments && name.endsWith(`.${publishingKeyFile}`))) {
    return "publishing key";
  }
  return name === rootKeyFile || (isEnvironments && name.endsWith(".key")) ? "root key" : undefined;
}
