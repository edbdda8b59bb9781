/** The `workloads:` section: what runs where, in which version, with which values. */
import { valueAt } from "../grammar/check.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import { labelPattern, notALabel } from "../model/names.ts";
import { known, unknownReference } from "./references.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Source } from "../grammar/source.ts";
import { secretMistakes } from "./secret-mistakes.ts";
import { selects } from "../rules/selector.ts";

/** The Open Container Initiative's rule for tags. */
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Semantic Versioning 2.0.0 with all three numbers: Helm takes anything less for a range. */
const exactVersionPattern =
  /^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** Namespaces that Kubernetes and K3s have of their own. */
const reservedNames = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** What is wrong with each workload of fleet.yaml, taken alone. */
export function workloadMistakes(
  source: Source,
  input: FleetInput,
  constructNames: readonly string[] | undefined,
): Mistake[] {
  return Object.entries(input.workloads).flatMap(([name, workload]) => [
    ...nameMistakes(source, name),
    ...formMistakes(source, name, workload, constructNames),
    ...versionMistakes(source, input, name),
    ...siteMistakes(source, input, name),
    ...secretMistakes(source, name, workload.secrets),
  ]);
}

function nameMistakes(source: Source, name: string): Mistake[] {
  const path = ["workloads", name];
  if (!labelPattern.test(name)) return [source.keyMistake(path, notALabel(name))];
  if (!reservedNames.includes(name)) return [];
  const message = `"${name}" is a namespace of Kubernetes' own, and a workload's name is its namespace. Write another name.`;
  return [source.keyMistake(path, message)];
}

function formMistakes(
  source: Source,
  name: string,
  { manifests, chart, kinds, podSecurity }: FleetInput["workloads"][string],
  constructNames: readonly string[] | undefined,
): Mistake[] {
  const path = ["workloads", name];
  const mistakes: Mistake[] = [];
  const isWritten = (key: string) => valueAt(source.value, [...path, key]) !== undefined;
  const hasForm = isWritten("manifests") || isWritten("chart");
  if (manifests !== undefined && chart !== undefined) {
    const message = "a workload is made of manifests or of a chart. Delete one of the two.";
    mistakes.push(source.keyMistake([...path, "chart"], message));
  }
  if (!hasForm && constructNames !== undefined && !constructNames.includes(name)) {
    const message = `there is no workload "${name}" in gitops/workloads/. Write one of: ${constructNames.join(", ")}; or add its file and its line in the registry there; or write manifests or chart here.`;
    mistakes.push(source.keyMistake(path, message));
  }
  if (kinds !== undefined && !isWritten("chart")) {
    const message = "only a chart's kinds are to be told: the others are seen. Delete this.";
    mistakes.push(source.keyMistake([...path, "kinds"], message));
  }
  if (podSecurity !== undefined && !hasForm) {
    const message = "a construct says this itself, in its namespace. Delete this.";
    mistakes.push(source.keyMistake([...path, "podSecurity"], message));
  }
  return mistakes;
}

function versionMistakes(source: Source, input: FleetInput, name: string): Mistake[] {
  const { rings } = known(source, input);
  const path = ["workloads", name, "versions"];
  const { versions = {}, chart } = input.workloads[name] ?? {};
  const mistakes = Object.entries(versions).flatMap(([ring, version]) => {
    const problem = chart === undefined ? tagProblem(version) : chartVersionProblem(version);
    return [
      ...unknownReference(source, [...path, ring], ring, rings, true),
      ...(problem === undefined ? [] : [source.mistake([...path, ring], problem)]),
    ];
  });
  // As written: a version that is unsound is not absent as well.
  const written = Object.keys((valueAt(source.value, path) as object | undefined) ?? {});
  const absent = (rings ?? []).filter((ring) => !written.includes(ring));
  if (absent.length > 0) {
    const message = `there is no version for ${absent.join(", ")}. Write one for every ring.`;
    mistakes.push(source.keyMistake(path, message));
  }
  return mistakes;
}

function tagProblem(version: string): string | undefined {
  if (tagPattern.test(version)) return undefined;
  return `${JSON.stringify(version)} is no version. Write an image tag: letters, digits, dots, hyphens and underscores.`;
}

function chartVersionProblem(version: string): string | undefined {
  if (exactVersionPattern.test(version)) return undefined;
  return `${JSON.stringify(version)} is no exact version of a chart. Write all three numbers, like 1.2.3, so that every device of the ring gets the same.`;
}

function siteMistakes(source: Source, input: FleetInput, name: string): Mistake[] {
  const { sites } = known(source, input);
  const path = ["workloads", name, "sites"];
  return Object.keys(input.workloads[name]?.sites ?? {}).flatMap((site) =>
    unknownReference(source, [...path, site], site, sites, true),
  );
}

/** What can be told only once every device is sound. */
export function coverageMistakes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  if (devices.length === 0) return [];
  const runs = Object.entries(input.workloads).map(([name, { selector }]) => ({
    name,
    devices: devices.filter(({ labels }) => selects(selector, labels)),
  }));
  return runs.flatMap(({ name, devices: selected }) => {
    const { selector = {}, architectures } = input.workloads[name] ?? {};
    if (selected.length === 0) return [selectorMistake(source, name, selector)];
    return [
      ...architectureMistakes(source, name, selected, architectures),
      ...applicationMistakes(source, input.rings, name, runs),
    ];
  });
}

function selectorMistake(
  source: Source,
  name: string,
  selector: Readonly<Record<string, string>>,
): Mistake {
  const wanted = Object.entries(selector).map(([key, value]) => `${key}: ${value}`);
  const message = `no device carries ${wanted.join(" and ")}. Write labels that devices, sites or profiles of this file have.`;
  return source.keyMistake(["workloads", name, "selector"], message);
}

function architectureMistakes(
  source: Source,
  name: string,
  selected: readonly DeclaredDevice[],
  architectures: readonly string[] | undefined,
): Mistake[] {
  const others = selected.filter(
    ({ profile }) => architectures !== undefined && !architectures.includes(profile.architecture),
  );
  if (others.length === 0) return [];
  const some = others
    .slice(0, 3)
    .map(({ name: device, profile }) => `${device} (${profile.architecture})`);
  const rest = others.length > 3 ? ` and ${others.length - 3} more` : "";
  const message = `the selector takes ${some.join(", ")}${rest}, for which it has no image. Select other devices, or add their architecture once there is an image for it.`;
  return [source.keyMistake(["workloads", name, "architectures"], message)];
}

interface Run {
  readonly name: string;
  readonly devices: readonly DeclaredDevice[];
}

/** Applications are `<device>-<workload>` and ApplicationSets `<workload>-<ring>`. */
function applicationMistakes(
  source: Source,
  rings: readonly string[],
  name: string,
  runs: readonly Run[],
): Mistake[] {
  const selected = new Set(runs.find((run) => run.name === name)?.devices.map((each) => each.name));
  const path = ["workloads", name];
  return runs.flatMap((other) => {
    const end = `-${other.name}`;
    const head = name.slice(0, -end.length);
    const device = name.endsWith(end)
      ? other.devices.find(
          (each) =>
            each.name.endsWith(`-${head}`) && selected.has(each.name.slice(0, -head.length - 1)),
        )?.name
      : undefined;
    const tail = name.startsWith(`${other.name}-`) ? name.slice(other.name.length + 1) : undefined;
    const ring = rings.find((each) => tail !== undefined && rings.includes(`${tail}-${each}`));
    const twin =
      device !== undefined
        ? `the Application ${device}-${other.name}, of ${other.name} on ${device}`
        : ring !== undefined
          ? `the ApplicationSet ${name}-${ring}, of ${other.name} in the ring ${tail}-${ring}`
          : undefined;
    if (twin === undefined) return [];
    return [source.keyMistake(path, `there would be two of ${twin}. Write another name.`)];
  });
}
