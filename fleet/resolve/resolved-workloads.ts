/** The workloads of a valid fleet file. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Path, Source } from "../grammar/source.ts";
import type { Place, Workload } from "../model/workload.ts";
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
        ...(chart && {
          chart: { ...withoutSlash(chart), kinds: (kinds ?? commonChartKinds).map(parseKind) },
        }),
        ...(secrets.length > 0 && { secrets }),
        ...(podSecurity && { podSecurity }),
        ...(Object.keys(values).length > 0 && { values }),
        ...(siteValues.size > 0 && { sites: siteValues }),
        place: placeOf(source, ["workloads", name]),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function withoutSlash(chart: { repository: string; name: string }): typeof chart {
  return { ...chart, repository: chart.repository.replace(/\/+$/, "") };
}

function placeOf(source: Source, path: Path): Place {
  const { file, line, column } = source.keyMistake(path, "");
  return { file, ...(line && { line }), ...(column && { column }) };
}
