/** Mistakes in `workloads` in fleet.yaml that its schema does not find. */
import { applicationMistakes } from "./application-mistakes.ts";
import { valueAt } from "../grammar/check.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { labelPattern, notALabel } from "../model/names.ts";
import { known, unknownReference } from "./references.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Source } from "../grammar/source.ts";
import {
  digestPattern,
  isRegistry,
  exactVersionPattern,
  releaseNameMax,
} from "../model/chart-repository.ts";
import { groupProblem } from "../kubernetes/core-kinds.ts";
import { loginMistakes, secretMistakes } from "./secret-mistakes.ts";
import { selects } from "../rules/selector.ts";

/** The Open Container Initiative's rule for tags. */
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Namespaces of Kubernetes and K3s. */
const reservedNames = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Mistakes in each workload by itself. */
export function workloadMistakes(
  source: Source,
  input: FleetInput,
  constructNames: readonly string[] | undefined,
): Mistake[] {
  return Object.entries(input.workloads).flatMap(([name, workload]) => [
    ...nameMistakes(source, name, workload.chart !== undefined),
    ...formMistakes(source, name, workload, constructNames),
    ...versionMistakes(source, input, name),
    ...siteMistakes(source, input, name),
    ...secretMistakes(source, name, workload.secrets),
    ...loginMistakes(source, input, name),
  ]);
}

function nameMistakes(source: Source, name: string, hasChart: boolean): Mistake[] {
  const path = ["workloads", name];
  if (!labelPattern.test(name)) return [source.keyMistake(path, notALabel(name))];
  if (hasChart && name.length > releaseNameMax) {
    const message = `"${name}" has ${name.length} characters, and Helm takes a release with at most ${releaseNameMax}. Write a shorter name.`;
    return [source.keyMistake(path, message)];
  }
  if (!reservedNames.includes(name)) return [];
  const message = `"${name}" is a namespace of Kubernetes, and the name of a workload is its namespace. Write another name.`;
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
    const message = "a workload has either manifests or a chart. Delete one of the two.";
    mistakes.push(source.keyMistake([...path, "chart"], message));
  }
  if (!hasForm && constructNames !== undefined && !constructNames.includes(name)) {
    const message = `unknown workload "${name}". Write one of: ${constructNames.join(", ")}. Or write manifests or chart here, or add a class to flotilla.config.ts.`;
    mistakes.push(source.keyMistake(path, message));
  }
  if (kinds !== undefined && !isWritten("chart")) {
    const message = "kinds are for charts only. Delete this line.";
    mistakes.push(source.keyMistake([...path, "kinds"], message));
  }
  for (const [index, kind] of (kinds ?? []).entries()) {
    const problem = groupProblem(kind);
    if (problem !== undefined) mistakes.push(source.mistake([...path, "kinds", index], problem));
  }
  if (podSecurity !== undefined && !hasForm) {
    const message = "a construct sets this in its namespace. Delete this line.";
    mistakes.push(source.keyMistake([...path, "podSecurity"], message));
  }
  return mistakes;
}

function versionMistakes(source: Source, input: FleetInput, name: string): Mistake[] {
  const { rings } = known(source, input);
  const path = ["workloads", name, "versions"];
  const { versions = {}, chart } = input.workloads[name] ?? {};
  const mistakes = Object.entries(versions).flatMap(([ring, version]) => {
    const problem =
      chart === undefined ? tagProblem(version) : chartVersionProblem(version, chart.repository);
    return [
      ...unknownReference(source, [...path, ring], ring, rings, true),
      ...(problem === undefined ? [] : [source.mistake([...path, ring], problem)]),
    ];
  });
  // As written: an invalid version is not missing as well.
  const written = Object.keys((valueAt(source.value, path) as object | undefined) ?? {});
  const absent = (rings ?? []).filter((ring) => !written.includes(ring));
  if (absent.length > 0) {
    const message = `the version for ${absent.join(", ")} is missing. Write one for every ring.`;
    mistakes.push(source.keyMistake(path, message));
  }
  return mistakes;
}

/** Tags that name another image from time to time, so that devices of a ring would differ. */
const movingTags =
  /^(latest|stable|unstable|edge|main|master|trunk|head|nightly|daily|weekly|dev|devel|develop|development|staging|testing|test|prod|production|release|lts|current|next|canary|rolling|newest|snapshot|beta|alpha|rc|preview)$|(^|[-._])(latest|nightly)($|[-._])/i;

function tagProblem(version: string): string | undefined {
  const { tag, problem } = splitVersion(version);
  // With a digest it does not matter whether the tag moves.
  if (problem !== undefined || tag !== version) {
    return problem ?? (tagPattern.test(tag) ? undefined : invalidTag(tag));
  }
  if (tagPattern.test(version) && movingTags.test(version)) {
    return `"${version}" can name another image tomorrow. Write a version that does not move, like 1.4.2.`;
  }
  if (tagPattern.test(version)) return undefined;
  return invalidTag(version);
}

function invalidTag(tag: string): string {
  return `${JSON.stringify(tag)} is not a valid version. Write an image tag: letters, digits, dots, hyphens and underscores.`;
}

function splitVersion(version: string): { tag: string; problem?: string } {
  const at = version.indexOf("@");
  if (at === -1) return { tag: version };
  const [tag, digest] = [version.slice(0, at), version.slice(at + 1)];
  if (digestPattern.test(digest)) return { tag };
  const problem = `${JSON.stringify(digest)} is not a valid digest. Write the version, @sha256: and 64 lower-case hexadecimal digits.`;
  return { tag, problem };
}

function chartVersionProblem(written: string, repository: string): string | undefined {
  const { tag: version, problem } = splitVersion(written);
  if (problem !== undefined) return problem;
  if (version !== written && !isRegistry(repository)) {
    return "Argo CD compares digests only for charts in a registry (oci://). Write the version without it.";
  }
  if (exactVersionPattern.test(version)) return undefined;
  return `${JSON.stringify(version)} is not an exact chart version. Write all three numbers, like 1.2.3, so that every device of the ring gets the same version.`;
}

function siteMistakes(source: Source, input: FleetInput, name: string): Mistake[] {
  const { sites } = known(source, input);
  const path = ["workloads", name, "sites"];
  return Object.keys(input.workloads[name]?.sites ?? {}).flatMap((site) =>
    unknownReference(source, [...path, site], site, sites, true),
  );
}

/** Mistakes that can be found only if every device is valid. */
export function coverageMistakes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
  addons: readonly AddonDeclaration[],
): Mistake[] {
  if (devices.length === 0) return [];
  const runs = Object.entries(input.workloads).map(([name, { selector }]) => ({
    name,
    devices: devices.filter(({ labels }) => selects(selector, labels)),
  }));
  const mistakes = runs.flatMap(({ name, devices: selected }) => {
    const { selector = {}, architectures } = input.workloads[name] ?? {};
    if (selected.length === 0) return [selectorMistake(source, name, selector)];
    return architectureMistakes(source, name, selected, architectures);
  });
  return [...mistakes, ...applicationMistakes(source, input, runs, devices, addons)];
}

function selectorMistake(
  source: Source,
  name: string,
  selector: Readonly<Record<string, string>>,
): Mistake {
  const wanted = Object.entries(selector).map(([key, value]) => `${key}: ${value}`);
  const message = `no device has ${wanted.join(" and ")}. Write labels of devices, sites or profiles in this file.`;
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
  const message = `the selector matches ${some.join(", ")}${rest}, and there is no image for that architecture. Select other devices, or add the architecture when there is an image.`;
  return [source.keyMistake(["workloads", name, "architectures"], message)];
}
