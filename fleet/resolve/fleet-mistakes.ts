/** Checks between the top-level keys of fleet.yaml. */
import { valueAt } from "../grammar/check.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { neededLists } from "../model/argocd-lists.ts";
import { fieldAt } from "../model/values.ts";
import { githubRepository } from "../rules/github-repository.ts";
import { endpointOf } from "./endpoint.ts";
import { known, unknownReference } from "./references.ts";

export function fleetMistakes(source: Source, input: FleetInput): Mistake[] {
  return [
    ...ringMistakes(source, input),
    ...defaultMistakes(source, input),
    ...githubMistakes(source, input),
    ...hostMistakes(source, input),
    ...validityMistakes(source, input),
    ...shardMistakes(source, input),
    ...addedListMistakes(source, input),
  ];
}

function ringMistakes(source: Source, { rings }: FleetInput): Mistake[] {
  return rings.flatMap((ring, index) =>
    rings.indexOf(ring) === index
      ? []
      : [source.mistake(["rings", index], `"${ring}" appears twice in this list. Delete one.`)],
  );
}

function defaultMistakes(source: Source, input: FleetInput): Mistake[] {
  const { rings, profiles } = known(source, input);
  return [
    ...Object.entries(input.profiles).flatMap(([name, { ring }]) =>
      unknownReference(source, ["profiles", name, "ring"], ring, rings),
    ),
    ...Object.entries(input.sites).flatMap(([name, site]) => [
      ...unknownReference(source, ["sites", name, "ring"], site.ring, rings),
      ...unknownReference(source, ["sites", name, "profile"], site.profile, profiles),
    ]),
  ];
}

function githubMistakes(source: Source, { repository }: FleetInput): Mistake[] {
  const { github, url } = repository;
  if (github === undefined || githubRepository(url) !== undefined) return [];
  const message = `${JSON.stringify(url)} is not on github.com. Write a URL like git@github.com:owner/fleet-state.git, or delete this line.`;
  return [source.keyMistake(["repository", "github"], message)];
}

const addonsPath = ["platform", "addons"];

/** Which add-on has a page at its default host, `<page>.<domain>`. Argo CD cannot be switched off. */
const addonOfPage = {
  argocd: "argocd",
  grafana: "prometheus",
  prometheus: "prometheus",
  alertmanager: "prometheus",
  kibana: "elasticsearch",
  login: "oauth2-proxy",
};

function hostMistakes(source: Source, input: FleetInput): Mistake[] {
  const { platform, domain } = input;
  const hosts = Object.entries(platform?.hosts ?? {});
  const others = [
    ...Object.entries(addonOfPage)
      .filter(([, addon]) => valueAt(source.value, [...addonsPath, addon, "enabled"]) !== false)
      .filter(([page]) => hosts.every(([name]) => name !== page))
      .map(([page, addon]) => [page === "login" ? addon : page, `${page}.${domain}`] as const),
    ["tunnel.endpoint", endpointOf(input).host] as const,
  ];
  return hosts.flatMap(([name, host], index) => {
    const path = ["platform", "hosts", name];
    if (!host.endsWith(`.${domain}`)) {
      const message = `${host} is outside the hub's domain ${domain}. Write a name that ends with .${domain}.`;
      return [source.mistake(path, message)];
    }
    const existing = [...hosts.slice(0, index), ...others].find(([, other]) => other === host);
    if (existing === undefined) return [];
    return [source.mistake(path, `${host} is already used by ${existing[0]}. Write another name.`)];
  });
}

function validityMistakes(source: Source, { certificates }: FleetInput): Mistake[] {
  const { notBefore, notAfter } = certificates;
  // Dates of this form sort as text.
  if (notBefore < notAfter) return [];
  const message = `found ${notAfter}, which is not after notBefore (${notBefore}). Write a later date.`;
  return [source.mistake(["certificates", "notAfter"], message)];
}

function addedListMistakes(source: Source, { argocd: { values } }: FleetInput): Mistake[] {
  return neededLists.flatMap((path) => {
    const value = fieldAt(values, path) ?? [];
    if (Array.isArray(value)) return [];
    const message = "this is not a list. Write a list: its elements are added to Flotilla's own.";
    return [source.keyMistake(["argocd", "values", ...path], message)];
  });
}

/** More pods than shards prepare another shard: docs/how-to/run-a-large-fleet.md. */
function shardMistakes(source: Source, { argocd: { shards, values } }: FleetInput): Mistake[] {
  const path = ["controller", "replicas"];
  const replicas = fieldAt(values, path);
  if (replicas === undefined) return [];
  if (shards !== undefined && typeof replicas === "number" && replicas >= shards) return [];
  const message =
    "argocd.shards assigns the devices to the controller's pods, and this changes the pods alone. " +
    "Write argocd.shards, and here no smaller number.";
  return [source.keyMistake(["argocd", "values", ...path], message)];
}
