/**
 * Prometheus remote write 1.0 (prometheus/docs, remote_write_spec): a WriteRequest of TimeSeries.
 *
 *   WriteRequest { repeated TimeSeries timeseries = 1; }
 *   TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; }
 *   Label        { string name = 1; string value = 2; }
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { metricNames } from "../../../fleet/model/contract.ts";
import { releaseSeconds } from "../../../fleet/rules/coreos-release.ts";
import type { Origin } from "./devices.ts";
import { labelLengthMax, requestFieldsMax, seriesFieldsMax, seriesMax } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { textOf } from "../shared/text.ts";

/** What devices send is from node_exporter. */
const namePattern = /^node_[a-zA-Z0-9_]+$/;

/** prometheus.io/docs, "Data model". */
const labelPattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Labels that the hub's own series have from Prometheus, and its alerts select by. A device could pretend to
 * be a pod or a node of the hub with them.
 */
const hubLabels = [
  "cluster",
  "container",
  "endpoint",
  "instance",
  "job",
  "namespace",
  "node",
  "pod",
  "service",
];

/**
 * Under this name a label stays that is not the device's to set, as in Prometheus ("honor_labels"). Without it,
 * the network interfaces of a device, which differ in `device` alone, would become one series.
 */
const exportedName = (name: string) => `exported_${name}`;

export interface OwnSeries {
  /** A WriteRequest. */
  readonly message: Uint8Array;
  readonly count: number;
  /** Series that a device may not send. */
  readonly refused: number;
}

/**
 * The series of a request with the labels of the device that sent it.
 *
 * @param allows whether the device may send a series of these labels
 */
export function ownSeries(
  content: Uint8Array,
  origin: Origin,
  allows: (labels: string) => boolean,
): OwnSeries {
  const writer = new BinaryWriter();
  let count = 0;
  let refused = 0;
  let fields = 0;
  let hasRelease = false;
  try {
    for (const { number, bytes } of fieldsOf(content, seriesMax)) {
      if (number !== 1) continue;
      const { labels: sent, samples } = parseSeries(bytes);
      const labels = ownLabels(sent, origin);
      const sorted = [...labels].toSorted(([a], [b]) => (a < b ? -1 : 1));
      if (isOwn(labels) && allows(JSON.stringify(sorted))) {
        fields += sorted.length + samples.length;
        if (fields > requestFieldsMax) throw new Error("too many labels and samples");
        writeSeries(writer, sorted, samples);
        count++;
        // Once: a second one of the same time would be refused with all others.
        if (!hasRelease) hasRelease = writeReleaseDay(writer, labels, origin, samples);
      } else {
        refused++;
      }
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, `not a remote write request: ${(error as Error).message}`);
  }
  return { message: writer.finish(), count, refused };
}

/** The labels that a device sent, with those of the device itself. */
function ownLabels(sent: ReadonlyMap<string, string>, origin: Origin): ReadonlyMap<string, string> {
  const own = Object.entries(origin);
  const reserved = new Set([...hubLabels, ...own.map(([name]) => name)]);
  const renamed = [...sent].map(
    ([name, value]) => [reserved.has(name) ? exportedName(name) : name, value] as const,
  );
  return new Map([...renamed, ...own]);
}

function isOwn(labels: ReadonlyMap<string, string>): boolean {
  const { length } = [...labels.keys()].filter((name) => !labelPattern.test(name));
  return length === 0 && namePattern.test(labels.get("__name__") ?? "");
}

interface Series {
  readonly labels: ReadonlyMap<string, string>;
  readonly samples: readonly Uint8Array[];
}

function parseSeries(message: Uint8Array): Series {
  const labels = new Map<string, string>();
  const samples: Uint8Array[] = [];
  for (const { number, bytes } of fieldsOf(message, seriesFieldsMax)) {
    if (number === 2) samples.push(bytes);
    if (number !== 1) continue;
    let name = "";
    let value = "";
    for (const part of fieldsOf(bytes, 2)) {
      if (part.number === 1) name = textOf(part.bytes);
      if (part.number === 2) value = textOf(part.bytes);
    }
    labels.set(name, value.slice(0, labelLengthMax));
  }
  return { labels, samples };
}

interface Field {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** The fields of a message that have a length: each costs more memory than it has bytes. */
function fieldsOf(message: Uint8Array, countMax: number): readonly Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  for (let count = 0; reader.pos < reader.len; count++) {
    if (count >= countMax) throw new Error("too many fields");
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) fields.push({ number, bytes: reader.bytes() });
    else if (type === WireType.StartGroup) throw new Error("a group");
    else reader.skip(type);
  }
  return fields;
}

function writeSeries(
  writer: BinaryWriter,
  labels: readonly (readonly [name: string, value: string])[],
  samples: readonly Uint8Array[],
): void {
  writer.tag(1, WireType.LengthDelimited).fork();
  for (const [name, value] of labels) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
  for (const sample of samples) writer.tag(2, WireType.LengthDelimited).bytes(sample);
  writer.join();
}

/**
 * Adds to a device's `node_os_info` the day of its release, in seconds since 1970: Prometheus computes
 * nothing with a label. A device cannot send this name itself.
 *
 * @returns whether there is one
 */
function writeReleaseDay(
  writer: BinaryWriter,
  labels: ReadonlyMap<string, string>,
  origin: Origin,
  samples: readonly Uint8Array[],
): boolean {
  if (labels.get("__name__") !== "node_os_info") return false;
  const seconds = releaseSeconds(labels.get("version") ?? "");
  if (seconds === undefined) return false;
  const own = Object.entries({ ...origin, __name__: metricNames.coreosRelease });
  const sorted = own.toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeSeries(
    writer,
    sorted,
    samples.map((sample) => sampleOf(seconds, timestampOf(sample))),
  );
  return true;
}

function timestampOf(sample: Uint8Array): string {
  const reader = new BinaryReader(sample);
  let timestamp = "0";
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === 2 && type === WireType.Varint) timestamp = String(reader.int64());
    else if (type === WireType.StartGroup) throw new Error("a group");
    else reader.skip(type);
  }
  return timestamp;
}

function sampleOf(value: number, timestamp: string): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(value);
  return writer.tag(2, WireType.Varint).int64(timestamp).finish();
}
