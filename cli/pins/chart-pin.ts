/**
 * Helm charts: the newest compatible version in the index of their repository, and the digest of the
 * packed chart, which is downloaded and compared.
 */
import { createHash } from "node:crypto";
import { parse } from "yaml";
import { z } from "zod";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { isRegistry } from "../../fleet/model/chart-repository.ts";
import type { ChartPin } from "../../fleet/model/pins.ts";
import { bytesAt, textAt, type Asking } from "./source.ts";
import { registryChartPin, type FoundChart } from "./registry-chart-pin.ts";
import { newestChartVersion } from "./versions.ts";

/** The index of a large repository has about 10 MB. */
const indexSizeMax = 64 * 1024 ** 2;
const chartSizeMax = 32 * 1024 ** 2;

const entrySchema = z.object({
  version: z.string().regex(/^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]*)?$/),
  deprecated: z.boolean().optional(),
  digest: z
    .string()
    .regex(/^(sha256:)?[0-9a-f]{64}$/)
    .optional(),
  urls: z.array(z.string()).min(1),
});
type Entry = z.output<typeof entrySchema>;

/**
 * @param to a version of the chart @default the newest that is compatible with the pinned one
 * @throws OperationError if the repository does not have it, or with other bytes than pinned
 */
export async function chartPin(
  name: string,
  old: ChartPin,
  to: string | undefined,
  asking: Asking,
): Promise<ChartPin> {
  const find = isRegistry(old.repository) ? registryChartPin : indexedChartPin;
  const { place, version, digest } = await find(name, old, to, asking);
  if (version === old.version && old.digest !== undefined && old.digest !== digest) {
    throw new OperationError(
      `${place}: the chart ${name} ${version} has another sha256 than the lock, and a version must never change`,
      { details: [`  pinned  ${old.digest}`, `  found   ${digest}`] },
    );
  }
  return { ...old, version, digest };
}

/** From a chart repository with an index. */
async function indexedChartPin(
  name: string,
  old: ChartPin,
  to: string | undefined,
  asking: Asking,
): Promise<FoundChart> {
  const url = `${old.repository}/index.yaml`;
  const index = await textAt(url, "the index of a chart repository", indexSizeMax, asking);
  const entries = entriesOf(url, name, index);
  const offered = entries.filter(({ deprecated }) => deprecated !== true);
  const versions = offered.map(({ version }) => version);
  const wanted = to ?? newestChartVersion(name, url, versions, old.version);
  const entry = entries.find(({ version }) => version === wanted);
  if (entry === undefined) {
    throw new OperationError(`${url}: the chart ${name} has no version ${wanted}`);
  }
  const place = urlIn(entry.urls[0] ?? "", old.repository);
  const bytes = await bytesAt(place, `the chart ${name}`, chartSizeMax, asking);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const promised = entry.digest?.replace(/^sha256:/, "") ?? digest;
  if (digest !== promised) {
    throw new OperationError(
      `${place}: this is not the chart ${name} ${entry.version} of the index`,
      { details: [`  expected sha256 ${promised}`, `  found           ${digest}`] },
    );
  }
  return { version: entry.version, digest, place };
}

/** The versions of one chart. Only its part of the index is parsed: an index has thousands. */
function entriesOf(url: string, name: string, text: string): readonly Entry[] {
  const invalid = (cause?: unknown) =>
    new OperationError(`${url}: this is not a valid index of a chart repository`, { cause });
  let found: unknown;
  try {
    found = text.trimStart().startsWith("{")
      ? (JSON.parse(text) as { entries?: Record<string, unknown> }).entries?.[name]
      : parse(partOf(name, text), { maxAliasCount: 0 });
  } catch (error) {
    throw invalid(error);
  }
  if (!/^\s*\{|^entries:/m.test(text)) throw invalid();
  if (!Array.isArray(found)) throw new OperationError(`${url}: the chart ${name} is missing`);
  return found.flatMap((entry) => entrySchema.safeParse(entry).data ?? []);
}

/** The lines below `  <name>:`, until the next key of the same depth. */
function partOf(name: string, text: string): string {
  const lines = text.split(/\r?\n/);
  const heads = [`  ${name}:`, `  "${name}":`, `  '${name}':`];
  const start = lines.findIndex((line) => heads.includes(line.trimEnd()));
  if (start === -1) return "";
  const length = lines.slice(start + 1).findIndex((line) => /^ {0,2}[^ \-#]/.test(line));
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join("\n");
}

function urlIn(url: string, repository: string): string {
  const base = `${repository}/`;
  if (URL.canParse(url, base)) return new URL(url, base).href;
  throw new OperationError(`${base}index.yaml: ${JSON.stringify(url)} is not a valid URL`);
}
