/** The workloads of a valid fleet file. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Path, Source } from "../grammar/source.ts";
import { repositoryUrl } from "../model/chart-repository.ts";
import type { Place, Workload, WorkloadChart } from "../model/workload.ts";
import { commonChartKinds, parseKind } from "../model/kinds.ts";
import type { ManifestBook } from "./manifest-book.ts";
import { writtenValues } from "./written-values.ts";

/** Sorted by name. */
export function resolvedWorkloads(
  source: Source,
  { workloads, rings }: FleetInput,
  files: ManifestBook["files"],
): Workload[] {
  return Object.entries(workloads)
    .map(([name, { selector, versions, chart, kinds, podSecurity, secrets }]): Workload => {
      const { values, siteValues } = writtenValues(source, name);
      const manifests = files.get(name);
      return {
        name,
        selector,
        versions: new Map(rings.map((ring) => [ring, versions[ring] ?? ""])),
        ...(manifests && { manifests }),
        ...(chart && { chart: resolvedChart(chart, kinds) }),
        ...(secrets.length > 0 && { secrets }),
        ...(podSecurity && { podSecurity }),
        ...(Object.keys(values).length > 0 && { values }),
        ...(siteValues.size > 0 && { sites: siteValues }),
        place: placeOf(source, ["workloads", name]),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function resolvedChart(
  { repository, name, login }: NonNullable<FleetInput["workloads"][string]["chart"]>,
  kinds: readonly string[] | undefined,
): WorkloadChart {
  return {
    repository: repositoryUrl(repository),
    name,
    ...(login !== undefined && { login }),
    kinds: (kinds ?? commonChartKinds).flatMap(parseKind),
  };
}

function placeOf(source: Source, path: Path): Place {
  const { file, line, column } = source.keyMistake(path, "");
  return { file, ...(line && { line }), ...(column && { column }) };
}
