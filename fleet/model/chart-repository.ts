/**
 * Where a Helm chart comes from: a chart repository (https, with an index), or an OCI registry, which has
 * a repository of its own for each chart.
 */

const registryScheme = "oci://";

/** A SHA-256 as registries write it. */
export const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Semantic Versioning 2.0.0 with all three numbers: Helm reads anything shorter as a range. */
export const exactVersionPattern =
  /^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** Where a chart is. */
export interface ChartPlace {
  /** URL of the chart repository, or `oci://` with the registry and a path; no trailing slash. */
  readonly repository: string;
  readonly name: string;
}

/** The URL of a chart repository in a fleet file, as a ChartPlace has it. */
export function repositoryUrl(written: string): string {
  return written.replace(/\/+$/, "");
}

/** Whether the charts are in an OCI registry. */
export function isRegistry(repository: string): boolean {
  return repository.startsWith(registryScheme);
}

/** What an Application reads the chart from, and what its project must permit. */
export function chartSourceUrl({ repository, name }: ChartPlace): string {
  return isRegistry(repository) ? `${repository}/${name}` : repository;
}

/** The tag of a chart's version: Helm writes `_` for `+`, which no tag may have. */
export function chartTag(version: string): string {
  return version.replace("+", "_");
}

/** Helm refuses longer names of releases. */
export const releaseNameMax = 53;
