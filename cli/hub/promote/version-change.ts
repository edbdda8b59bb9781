/** The change of a version in one ring, and its edit of fleet.yaml. */
import { isScalar, parseDocument } from "yaml";
import { InputError, type Mistake } from "../../../fleet/grammar/mistakes.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { closest } from "../../../fleet/model/names.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import type { Workload } from "../../../fleet/model/workload.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

/** A new version for a ring of a workload. */
export interface VersionChange {
  readonly workload: string;
  readonly ring: string;
  /** The present version of the ring. */
  readonly before: string;
  /** The new version. */
  readonly version: string;
}

export interface RingChoice {
  /** The ring whose version is taken. @default the one before `to` */
  readonly from?: string;
  /** The ring that gets it. @default the first ring that differs from the one before it */
  readonly to?: string;
}

/** @throws InputError with the closest name */
export function findWorkload(fleet: Fleet, fleetFile: string, name: string): Workload {
  const found = fleet.workloads.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  const names = fleet.workloads.map((workload) => workload.name);
  const near = closest(name, names);
  const remedy = near === undefined ? `There are: ${names.join(", ")}.` : `Did you mean ${near}?`;
  throw refusal(fleetFile, `this fleet has no workload ${JSON.stringify(name)}. ${remedy}`);
}

/**
 * The next promotion of a workload.
 *
 * @throws InputError if there is none, or several and the choice is ambiguous
 */
export function choosePromotion(
  { rings }: Fleet,
  { name, versions }: Workload,
  choice: RingChoice,
  fleetFile: string,
): VersionChange & { readonly from: string } {
  for (const ring of [choice.from, choice.to]) checkRing(rings, ring, fleetFile);
  const steps = rings
    .slice(1)
    .map((to, index) => ({ from: choice.from ?? rings[index]!, to }))
    .filter(({ to }) => choice.to === undefined || to === choice.to)
    .filter(({ from, to }) => rings.indexOf(from) < rings.indexOf(to))
    // Without --to, only the next ring.
    .filter(({ from, to }) => choice.to !== undefined || follows(rings, from, to))
    .filter(({ from, to }) => versions.get(from) !== versions.get(to));
  const [step, ...others] = steps;
  if (step === undefined) throw refusal(fleetFile, nothingToPromote(rings, name, versions, choice));
  if (others.length > 0) {
    const ways = steps.map(({ from, to }) => `--from ${from} --to ${to}`).join(", or ");
    throw refusal(fleetFile, `${name} can be promoted in more than one place. Choose one: ${ways}`);
  }
  const { from, to } = step;
  return {
    workload: name,
    from,
    ring: to,
    before: versions.get(to) ?? "",
    version: versions.get(from) ?? "",
  };
}

function follows(rings: readonly string[], from: string, to: string): boolean {
  return rings.indexOf(to) === rings.indexOf(from) + 1;
}

export function checkRing(
  rings: readonly string[],
  ring: string | undefined,
  fleetFile: string,
): void {
  if (ring === undefined || rings.includes(ring)) return;
  const near = closest(ring, rings);
  const remedy =
    near === undefined ? `Write one of: ${rings.join(", ")}.` : `Did you mean ${near}?`;
  throw refusal(fleetFile, `this fleet has no ring ${JSON.stringify(ring)}. ${remedy}`);
}

function nothingToPromote(
  rings: readonly string[],
  name: string,
  versions: Workload["versions"],
  { from, to }: RingChoice,
): string {
  const all = rings.map((ring) => `${ring} ${versions.get(ring)}`).join(", ");
  if (from !== undefined && to !== undefined && rings.indexOf(from) >= rings.indexOf(to)) {
    return `a promotion goes to a later ring, and ${to} is not after ${from}. The order is: ${rings.join(", ")}. To go back: ${flotillaCommand("rollback")}`;
  }
  return `${name} has nothing to promote: ${all}. Write the new version of ${rings[0]} first.`;
}

function refusal(file: string, message: string): InputError {
  return new InputError([{ file, message }]);
}

/**
 * The text of fleet.yaml with one version changed. Comments, order and quotes do not change.
 *
 * @throws InputError if the version is shared with another place of the file
 */
export function withVersion(file: string, text: string, change: VersionChange): string {
  const path = versionPath(change);
  const node = parseDocument(text).getIn(path, true);
  if (!isScalar(node) || !node.range || node.source === undefined || node.anchor !== undefined) {
    throw new InputError([sharedVersion(file, text, path)]);
  }
  const [start, end] = node.range;
  const quote = /^["']/.exec(text.slice(start, end))?.[0] ?? "";
  return `${text.slice(0, start)}${scalarOf(change.version, quote)}${text.slice(end)}`;
}

export type VersionPlace = Pick<VersionChange, "workload" | "ring">;

export function versionPath({ workload, ring }: VersionPlace): readonly string[] {
  return ["workloads", workload, "versions", ring];
}

/** The version of a ring in the text of a fleet.yaml; undefined if there is none. */
export function writtenVersion(text: string, place: VersionPlace): string | undefined {
  const version = parseDocument(text).getIn(versionPath(place));
  return version === undefined || version === null ? undefined : String(version);
}

function sharedVersion(file: string, text: string, path: readonly string[]): Mistake {
  const message = "this version is shared with another place of the file. Write it out here.";
  return parseSource(file, text).mistake(path, message);
}

/** As YAML, even if it is not a valid version: then the whole text is refused. */
function scalarOf(version: string, quote: string): string {
  if (!/^[\w.@:+-]+$/.test(version)) return JSON.stringify(version);
  // 1.10 is the number 1.1.
  const isText = typeof (parseDocument(version).toJS() as unknown) === "string";
  return quote === "" && !isText ? `"${version}"` : `${quote}${version}${quote}`;
}
