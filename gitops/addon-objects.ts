/** Checks the objects of add-ons, as those of workloads are checked: a user's own class can make any. */
import { ConstructError } from "../fleet/model/construct-error.ts";
import { groupOf } from "../fleet/model/kinds.ts";
import { sizeProblem } from "../fleet/kubernetes/object-size.ts";
import { constructionOf, type Addon } from "./addons/addon.ts";
import type { Manifest } from "./kubernetes/manifests.ts";
import { objectProblems, podSecurityLevel, problemText } from "./kubernetes/object-problems.ts";

export interface AddonObjects {
  readonly addon: Addon;
  /** Its Application, namespace and network. */
  readonly application: readonly Manifest[];
  /** Those that its chart does not make. */
  readonly own: readonly Manifest[];
}

/**
 * @param namespaces that Argo CD's project of the hub allows
 * @throws ConstructError with what Kubernetes or Argo CD would refuse in the objects of an add-on, and with
 *   those that it has twice, or that another add-on has: the last one would win
 */
export function checkAddonObjects(
  all: readonly AddonObjects[],
  namespaces: readonly string[],
): void {
  const ownerOf = new Map<string, Addon>();
  for (const { addon, application, own } of all) {
    const level = podSecurityLevel(application);
    const problems = [...application, ...own].flatMap((object) => [
      ...duplicateProblem(object, addon, ownerOf),
      ...refusals(object, level),
    ]);
    const foreign = own.flatMap((object) => namespaceProblem(object, namespaces));
    failIfWrong(addon, [...problems, ...foreign]);
  }
}

/** At the line of the add-on's class. */
function failIfWrong(addon: Addon, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const cause = new Error(problems.join("\n"));
  cause.stack = constructionOf(addon)?.stack ?? "";
  throw new ConstructError({ where: [`add-on ${addon.name}`] }, cause);
}

/** @param ownerOf gets the object */
function duplicateProblem(
  object: Manifest,
  addon: Addon,
  ownerOf: Map<string, Addon>,
): readonly string[] {
  const { apiVersion, kind, metadata } = object;
  const { namespace = addon.targetNamespace, name } = metadata;
  const key = [groupOf(apiVersion), kind, namespace, name].join("/");
  const owner = ownerOf.get(key);
  ownerOf.set(key, owner ?? addon);
  if (owner === undefined) return [];
  const problem =
    owner === addon ? "appears twice" : `is also an object of the add-on ${owner.name}`;
  return [`${titleOf(object)} ${problem}. Give one of them another name.`];
}

function refusals(object: Manifest, level: string): readonly string[] {
  const title = titleOf(object);
  const size = sizeProblem(object, title);
  if (size !== undefined) return [size];
  return objectProblems(object, level).map((problem) => problemText(title, problem));
}

function namespaceProblem(object: Manifest, allowed: readonly string[]): readonly string[] {
  const { namespace } = object.metadata;
  if (namespace === undefined || allowed.includes(namespace)) return [];
  return [
    `${titleOf(object)}: its namespace ${namespace} is not one of the add-ons'. Write the namespace of your add-on.`,
  ];
}

function titleOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}
