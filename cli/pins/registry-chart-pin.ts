/** Helm charts of an OCI registry: the newest compatible tag, and the digest of its manifest. */
import { z } from "zod";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { chartSourceUrl, chartTag } from "../../fleet/model/chart-repository.ts";
import type { ChartPin } from "../../fleet/model/pins.ts";
import { manifestAt, tagsOf, type RegistryPlace } from "./registry.ts";
import type { Asking } from "./source.ts";
import { newestChartVersion } from "./versions.ts";

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** As Helm pushes a chart: https://helm.sh/docs/topics/registries/ */
const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  config: z.object({ mediaType: z.literal("application/vnd.cncf.helm.config.v1+json") }),
  layers: z.array(z.object({ mediaType: z.string() })),
});

/** A version of a chart, as it is now. */
export interface FoundChart {
  readonly version: string;
  /** SHA-256, as in `ChartPin`. */
  readonly digest: string;
  /** URL, for messages. */
  readonly place: string;
}

/**
 * @param to a version of the chart @default the newest that is compatible with the pinned one
 * @throws OperationError if the registry does not have it
 */
export async function registryChartPin(
  name: string,
  old: ChartPin,
  to: string | undefined,
  asking: Asking,
): Promise<FoundChart> {
  const url = chartSourceUrl({ repository: old.repository, name });
  const [, registry = "", path = ""] = /^oci:\/\/([^/]+)\/(.+)$/.exec(url) ?? [];
  const place = { registry, name: path, what: "a chart" };
  const version = to ?? newestChartVersion(name, url, await versionsOf(place, asking), old.version);
  const tag = chartTag(version);
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) {
    throw new OperationError(`${JSON.stringify(version)} is not a valid version of a chart`);
  }
  const manifest = await manifestAt(place, tag, [manifestType], asking);
  if (!manifestSchema.safeParse(manifest.json).success) {
    throw new OperationError(`${manifest.url}: this is not a manifest of a chart`);
  }
  return { version, digest: manifest.digest.replace("sha256:", ""), place: url };
}

async function versionsOf(place: RegistryPlace, asking: Asking): Promise<string[]> {
  return (await tagsOf(place, asking)).map((tag) => tag.replace("_", "+"));
}
