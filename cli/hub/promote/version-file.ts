/** The file that has the version of a ring: that of the environment, or the fleet.yaml below it. */
import { environmentFile, environmentsIn, fleetFilesOf } from "../../../fleet/files/fleet-files.ts";
import { attempt, readSource } from "../../../fleet/resolve/load.ts";
import { versionPath, type VersionPlace } from "./version-change.ts";

export interface VersionFile {
  readonly file: string;
  /** The environment that this file is of; undefined for fleet.yaml, which all of them have. */
  readonly environment: string | undefined;
  /** The other environments that take their version from this file. */
  readonly others: readonly string[];
}

export function versionFile(fleetFile: string, place: VersionPlace): VersionFile {
  const { environment, directory } = fleetFilesOf(fleetFile);
  const holder = (path: string) => readSource(fleetFilesOf(path)).fileOf(versionPath(place));
  const file = holder(fleetFile);
  const others = environmentsIn(directory).filter(
    (name) =>
      name !== environment?.name &&
      attempt(() => holder(environmentFile(directory, name))).result === file,
  );
  return { file, environment: fleetFilesOf(file).environment?.name, others };
}
