/** Changes on the hub: charts and their values, gateways and their peers, and other objects. */
import { isRegistry } from "../../fleet/model/chart-repository.ts";
import { peersFile } from "../../gitops/gateway/peers.ts";
import { deviceOf } from "./registration-differences.ts";
import { fieldAt, isMapping } from "../../fleet/model/values.ts";
import { fieldChanges } from "./field-changes.ts";
import type { FieldChange, HubChange, ObjectChange, Verb } from "./plan.ts";
import { changeOf, documentsOf, identityOf, objectChanges } from "./object-changes.ts";
import { verbOf, verbOfAll, type Fields, type FileChange } from "./object-changes.ts";
import { placeOf, rolloutsOf } from "./selections.ts";
import { parseStatePath, hubFolder } from "../../fleet/model/state-layout.ts";

/**
 * The changes of everything that belongs to neither a device nor a workload.
 *
 * @param paths of the state as it will be
 */
export function hubChanges(
  files: readonly FileChange[],
  paths: ReadonlySet<string>,
): readonly HubChange[] {
  const isOther = ({ path }: FileChange) =>
    [deviceOf, placeOf, rolloutsOf].every((belongs) => belongs(path) === undefined);
  const groups = new Map<string, FileChange[]>();
  for (const file of files.filter(isOther)) {
    const name = nameOf(file.path);
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return [...groups]
    .map(([name, group]) => hubChange(name, group, paths))
    .filter(({ chart, values, objects, peers }) => {
      return chart !== null || peers !== null || values.length + objects.length > 0;
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The name of the part of the hub that a file belongs to. */
function nameOf(path: string): string {
  const file = parseStatePath(path);
  switch (file?.kind) {
    case "addon":
    case "addonObject":
      return file.addon;
    case "argoCdValues":
      return "argo-cd";
    case "argoCd":
      if (file.part === "application") return "argo-cd";
      return ["identity", "root"].includes(file.part) ? file.part : `argo-cd ${file.part}`;
    case "gatewayNamespace":
      return "gateway";
    case "hubStatement":
    case "hubStatementRollout":
      return "hub-statement";
    case "gateway":
    case "peers":
      return file.gateway;
    default:
      // The folder below that of the hub.
      return /^[^/]+\/([^/]+)\//.exec(path)?.[1] ?? path.replace(/\.yaml$/, "");
  }
}

function hubChange(
  name: string,
  files: readonly FileChange[],
  paths: ReadonlySet<string>,
): HubChange {
  const written = new Set(files.map(({ path }) => path));
  const stays = [...paths].some(
    (path) => !written.has(path) && isHub(path) && nameOf(path) === name,
  );
  const change = verbOfAll(files.map(verbOf), !stays);
  const own = files.filter(({ path }) => !["argoCdValues", "peers"].includes(kindOf(path) ?? ""));
  const releases = own.map(releaseChange);
  const values = files.find(({ path }) => kindOf(path) === "argoCdValues");
  const peers = files.find(({ path }) => kindOf(path) === "peers");
  return {
    name,
    change,
    chart: releases.flatMap(({ chart }) => chart)[0] ?? null,
    values: [
      // If they are added or removed, the objects are enough.
      ...(values && verbOf(values) === "changed" ? valuesChanges(values) : []),
      ...releases.flatMap((release) => release.values),
    ],
    objects: releases.flatMap(({ objects }) => objects),
    peers: peers === undefined ? null : peersChange(peers),
  };
}

const isHub = (path: string) => path.startsWith(`${hubFolder}/`) || !path.includes("/");
const kindOf = (path: string) => parseStatePath(path)?.kind;

function valuesChanges({ before, after }: FileChange): readonly FieldChange[] {
  return fieldChanges(documentsOf(before)?.[0] ?? {}, documentsOf(after)?.[0] ?? {});
}

interface ReleaseChange {
  readonly chart: readonly FieldChange[];
  readonly values: readonly FieldChange[];
  readonly objects: readonly ObjectChange[];
}

/** Separates the chart that an Application installs from the Application's other fields. */
function releaseChange(file: FileChange): ReleaseChange {
  const [before, after] = [splitRelease(file.before), splitRelease(file.after)];
  if (before === undefined || after === undefined) {
    return { chart: [], values: [], objects: objectChanges([file]) };
  }
  const [old, next] = [before.release ?? {}, after.release ?? {}];
  const chart = fieldChanges(old["targetRevision"], next["targetRevision"], "version");
  const isChanged = before.release !== undefined && after.release !== undefined;
  const [oldValues, newValues] = [old, next].map((release) =>
    fieldAt(release, ["helm", "valuesObject"]),
  );
  const keys = [...after.objects.keys(), ...before.objects.keys()];
  return {
    chart,
    values: isChanged ? fieldChanges(oldValues ?? {}, newValues ?? {}) : [],
    objects: [...new Set(keys)].flatMap((key) =>
      changeOf(before.objects.get(key), after.objects.get(key)),
    ),
  };
}

interface Split {
  /** The source of the Application that is a chart. */
  readonly release: Fields | undefined;
  /** Every object of the file, without the fields in `release`. */
  readonly objects: ReadonlyMap<string, Fields>;
}

function splitRelease(text: string | undefined): Split | undefined {
  const documents = documentsOf(text);
  if (documents === undefined) return undefined;
  let release: Fields | undefined;
  const objects = documents.map((object) => {
    const { spec } = object;
    if (object["kind"] !== "Application" || !isMapping(spec)) return object;
    const { source, sources, ...rest } = spec;
    const all = Array.isArray(sources) ? sources : [source];
    release = all.filter(isMapping).find(isChart) ?? release;
    return { ...object, spec: { ...rest, sources: all.map(withoutRelease) } };
  });
  return {
    release,
    objects: new Map(objects.map((object) => [JSON.stringify(identityOf(object)), object])),
  };
}

function isChart({ chart, repoURL }: Fields): boolean {
  return chart !== undefined || isRegistry(String(repoURL));
}

function withoutRelease(source: unknown): unknown {
  if (!isMapping(source) || !isChart(source)) return source;
  const { targetRevision: _, helm, ...rest } = source;
  if (!isMapping(helm)) return rest;
  const { valuesObject: __, ...other } = helm;
  return { ...rest, helm: other };
}

type Peers = ReadonlyMap<string, string>;

/** Devices that are added to or removed from the gateway, or have another key or address. */
function peersChange(file: FileChange): Readonly<Record<Verb, readonly string[]>> {
  const [before, after] = [parsePeers(file.before), parsePeers(file.after)];
  const all = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const having = (verb: Verb) =>
    all.filter((name) => {
      const sides = { before: before.get(name), after: after.get(name) };
      return sides.before !== sides.after && verbOf(sides) === verb;
    });
  return { added: having("added"), changed: having("changed"), removed: having("removed") };
}

/** The section of each device by its name, which is in the line above it. Exported for its test. */
export function parsePeers(text: string | undefined): Peers {
  const peers = writtenPeers(text) ?? fieldAt(documentsOf(text)?.[0], ["data", peersFile]);
  const sections = String(peers ?? "").matchAll(/^# (\S+)\n((?:[^#\n].*\n?)*)/gm);
  return new Map([...sections].map(([, name = "", section = ""]) => [name, section]));
}

/** What is before the peers in an object that Flotilla wrote. */
const peersHead =
  /^apiVersion: v1\nkind: ConfigMap\nmetadata:\n(?:  [a-z]+: [\w-]+\n)+data:\n  (\S+): \|\n/;
/** The first line that is not the peers', and what it can be. */
const peersEnd = /^(?! {4}\S)(?<next>---$|  \w|$(?![^]))?/gm;

/** The peers of an object in the form that Flotilla writes, for which a YAML parser takes long. */
function writtenPeers(text: string | undefined): string | undefined {
  const [head = "", name] = peersHead.exec(text ?? "") ?? [];
  if (text === undefined || name !== peersFile) return undefined;
  peersEnd.lastIndex = head.length;
  const end = peersEnd.exec(text);
  if (end?.groups?.["next"] === undefined) return undefined;
  return text.slice(head.length, end.index).replaceAll(/^ {4}/gm, "");
}
