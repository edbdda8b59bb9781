/**
 * What differs between two rendered fleets, by a simple program of its own: it reads the YAML of both
 * and compares. It shares nothing with the product but the library that parses YAML.
 */
import { loadAll } from "js-yaml";

type Tree = ReadonlyMap<string, string>;
// oxlint-disable-next-line typescript/no-explicit-any -- any YAML
type Yaml = any;

/** One side: the registrations, the applications and the K3s release of each device by its name. */
interface Side {
  readonly registrations: ReadonlyMap<string, Yaml>;
  /** Device → workload → what it gets, as one text. */
  readonly applications: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly k3s: ReadonlyMap<string, string>;
  /** Device → the statement about the hub's keys, which is not a workload. */
  readonly statements: ReadonlyMap<string, string>;
}

export interface Expected {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Devices of both sides whose registration differs. */
  readonly registrations: readonly string[];
  /** Devices of both sides whose images differ; given by the caller. */
  readonly images: readonly string[];
  /** Devices of the new fleet on which an application differs. */
  readonly applications: readonly string[];
  /** Devices of both sides that get a higher release of K3s. */
  readonly restarts: readonly string[];
  /** Devices of both sides that get another statement about the hub's keys. */
  readonly statements: readonly string[];
}

const registration = /^hub\/fleet\/clusters\/(.+)\.yaml$/;

function sideOf(tree: Tree): Side {
  const registrations = new Map<string, Yaml>();
  for (const [path, text] of tree) {
    const [, device] = registration.exec(path) ?? [];
    if (device !== undefined) registrations.set(device, loadAll(text));
  }
  const applications = new Map([...registrations.keys()].map((name) => [name, new Map()]));
  const k3s = new Map<string, string>();
  const statements = new Map<string, string>();
  const sets = [...tree].filter(([path]) => path.startsWith("hub/fleet/"));
  for (const set of sets.flatMap(([, text]): Yaml[] => loadAll(text))) {
    if (set?.kind !== "ApplicationSet") continue;
    const { generators, template } = set.spec;
    for (const [name, [secret]] of registrations) {
      if (!generators.some((each: Yaml) => selects(each.clusters.selector, secret))) continue;
      const { source, sources, destination } = template.spec;
      const contents = (sources ?? [source]).map((each: Yaml) => contentsOf(tree, each.path));
      const workload = String(template.metadata.name).replace(/^{{\.name}}[-.]/, "");
      const text = JSON.stringify([source, sources, destination, contents]);
      if (workload === "hub-statement") statements.set(name, text);
      else applications.get(name)?.set(workload, text);
      for (const object of contents.flat(2)) {
        if (object?.kind === "Plan") k3s.set(name, object.spec.version);
      }
    }
  }
  return { registrations, applications, k3s, statements };
}

function selects({ matchLabels, matchExpressions }: Yaml, secret: Yaml): boolean {
  const labels = secret.metadata.labels;
  return (
    Object.entries(matchLabels ?? {}).every(([name, value]) => labels[name] === value) &&
    (matchExpressions ?? []).every(({ key, operator, values }: Yaml) => {
      if (operator !== "In" && operator !== "NotIn") throw new Error(`what is ${operator}?`);
      return values.includes(labels[key]) === (operator === "In");
    })
  );
}

function contentsOf(tree: Tree, folder: string | undefined): Yaml[] {
  if (folder === undefined) return [];
  const files = [...tree].filter(([path]) => path.startsWith(`${folder}/`));
  return files.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => loadAll(text));
}

/** @param installed the release that images install, for devices that nothing upgraded before */
export function expectedPlan(
  before: Tree,
  after: Tree,
  imagesDiffer: (device: string) => boolean,
  installed: string,
): Expected {
  const [old, next] = [sideOf(before), sideOf(after)];
  const names = [...next.registrations.keys()].toSorted();
  const both = names.filter((name) => old.registrations.has(name));
  const differs = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other);
  return {
    added: names.filter((name) => !old.registrations.has(name)),
    removed: [...old.registrations.keys()]
      .filter((name) => !next.registrations.has(name))
      .toSorted(),
    registrations: both.filter((name) =>
      differs(old.registrations.get(name), next.registrations.get(name)),
    ),
    images: both.filter(imagesDiffer),
    applications: names.filter((name) => {
      const [was, is] = [old, next].map((side) => [...(side.applications.get(name) ?? [])]);
      return differs(was?.toSorted(), is?.toSorted());
    }),
    statements: both.filter((name) => {
      return (
        next.statements.has(name) && differs(old.statements.get(name), next.statements.get(name))
      );
    }),
    restarts: both.filter((name) => {
      const to = next.k3s.get(name);
      return to !== undefined && isHigher(to, old.k3s.get(name) ?? installed);
    }),
  };
}

function isHigher(version: string, than: string): boolean {
  const [one, other] = [version, than].map((each) => each.match(/\d+/g)?.map(Number));
  for (const [index, number] of (one ?? []).entries()) {
    if (number !== other?.[index]) return number > (other?.[index] ?? 0);
  }
  return false;
}
