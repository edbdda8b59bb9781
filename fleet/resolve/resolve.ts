/**
 * From what an operator wrote to the fleet: cross references are followed, ranges are counted out,
 * defaults of profiles and sites are applied, and whatever does not fit together is a mistake at its
 * own line.
 */
import { parseAddress } from "../model/addresses.ts";
import { checkLeniently, inOrder } from "../grammar/check.ts";
import { resolvedAddons } from "./addons.ts";
import { addressClashes, rangeClashes } from "./clashes.ts";
import { cloudMistakes, maxNodesOf } from "./cloud.ts";
import { declareDevices, type DeclaredDevice } from "./devices.ts";
import { gatewayNumber } from "../rules/gateways.ts";
import { githubRepository } from "../rules/github.ts";
import { hardwareMistakes } from "./hardware.ts";
import { allocate, type Lock } from "../lock/lock.ts";
import { InputError, type Mistake } from "../grammar/mistakes.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import type { Device, Fleet, HostName } from "../model/fleet.ts";
import { serverName } from "../model/names.ts";
import { known, unknownReference } from "./references.ts";
import {
  extendedSchema,
  splitEndpoint,
  type Extensions,
  type FleetInput,
} from "../grammar/schema.ts";
import { hostNames } from "../model/fleet.ts";
import { snippetBook, type References } from "./snippets.ts";
import type { Source } from "../grammar/source.ts";
import { k3sMistakes, k3sPinMistakes, overlapMistakes, resolvedK3s } from "./upgrades.ts";
import {
  coverageMistakes,
  manifestBook,
  resolvedWorkloads,
  workloadMistakes,
  type ManifestBook,
} from "./workloads.ts";
import { tunnelPort } from "../model/contract.ts";

const portMax = 65_535;

/** What fleet.yaml says, checked, before anything is allocated. */
export interface Declaration {
  readonly source: Source;
  readonly input: FleetInput;
  /** Sorted by name. */
  readonly devices: readonly DeclaredDevice[];
  readonly manifests: ManifestBook["files"];
  /** The add-ons that the hub can have. */
  readonly addons: readonly AddonDeclaration[];
}

/**
 * @param workloadNames the workloads that there are constructs for; undefined: not to be checked
 * @param references what the file refers to; undefined: not to be read
 * @param extensions what other folders add to the grammar
 * @throws InputError with every mistake of the file, in its order
 */
export function declareFleet(
  source: Source,
  workloadNames?: readonly string[],
  references?: References,
  extensions: Extensions = {},
): Declaration {
  const { value: input, mistakes } = checkLeniently(source, extendedSchema(extensions));
  if (input === undefined) throw new InputError(inOrder(mistakes));
  const book = snippetBook(source, input, references);
  const { devices, mistakes: deviceMistakes } = declareDevices(source, input, book);
  const manifests = manifestBook(source, input, references);
  const all = [
    ...mistakes,
    ...ringMistakes(source, input),
    ...defaultMistakes(source, input),
    ...book.mistakes,
    ...hardwareMistakes(source, input, devices),
    ...cloudMistakes(source, input, devices.length),
    ...k3sMistakes(source, input),
    ...githubMistakes(source, input),
    ...hostMistakes(source, input),
    ...validityMistakes(source, input),
    ...rangeClashes(source, input),
    ...deviceMistakes,
    ...addressClashes(source, input, devices),
    ...workloadMistakes(source, input, workloadNames),
    ...manifests.mistakes,
  ];
  if (all.length === 0) {
    all.push(...coverageMistakes(source, input, devices), ...overlapMistakes(source, input));
  }
  const everywhere = [...inOrder(all), ...manifests.fileMistakes];
  if (everywhere.length > 0) throw new InputError(everywhere);
  return { source, input, devices, manifests: manifests.files, addons: extensions.addons ?? [] };
}

function ringMistakes(source: Source, { rings }: FleetInput): Mistake[] {
  return rings.flatMap((ring, index) =>
    rings.indexOf(ring) === index
      ? []
      : [source.mistake(["rings", index], `"${ring}" stands in this list twice. Delete one.`)],
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
  const message = `${JSON.stringify(url)} is not on github.com, so it can't be made there. Write an url like git@github.com:owner/fleet-state.git, or take out github.`;
  return [source.keyMistake(["repository", "github"], message)];
}

function hostMistakes(source: Source, { platform, domain }: FleetInput): Mistake[] {
  const hosts = Object.entries(platform?.hosts ?? {});
  return hosts.flatMap(([name, host], index) => {
    const path = ["platform", "hosts", name];
    if (!host.endsWith(`.${domain}`)) {
      const message = `${host} is outside the domain ${domain}, whose zone the hub keeps. Write a name that ends in .${domain}.`;
      return [source.mistake(path, message)];
    }
    const twin = hosts.slice(0, index).find(([, other]) => other === host);
    if (twin === undefined) return [];
    return [source.mistake(path, `${host} is ${twin[0]} already. Write another name.`)];
  });
}

function validityMistakes(source: Source, { certificates }: FleetInput): Mistake[] {
  const { notBefore, notAfter } = certificates;
  // Dates of this form are in the order of their letters.
  if (notBefore < notAfter) return [];
  const message = `found ${notAfter}, which is not after notBefore (${notBefore}). Write a later day.`;
  return [source.mistake(["certificates", "notAfter"], message)];
}

/**
 * The lock brought up to date with the declaration: an address for each device that dials in.
 *
 * @throws InputError where the tunnel's range is too small, or there is no port for each gateway
 */
export function allocated({ source, input, devices }: Declaration, lock: Lock): Lock {
  const dialling = devices.filter(({ connectivity }) => connectivity === "gateway");
  // In the order of the file, so that a range gets its addresses in a row.
  const inFileOrder = dialling.toSorted((a, b) => a.order - b.order).map(({ name }) => name);
  const next = allocate(lock, inFileOrder);
  if ("tunnel" in next) {
    const mistakes = [...portMistakes(source, input, next), ...k3sPinMistakes(source, input, next)];
    if (mistakes.length > 0) throw new InputError(mistakes);
    return next;
  }
  const retired = Object.keys(lock.tunnel.retired).length;
  const kept = retired > 0 ? ` (${retired} addresses are retired; --prune-lock frees them)` : "";
  const message = `${input.tunnel.range} has room for ${next.capacity} of the ${next.wanted} devices that dial in${kept}. Write a larger range.`;
  throw new InputError([source.keyMistake(["tunnel", "range"], message)]);
}

function portMistakes(source: Source, input: FleetInput, { tunnel }: Lock): Mistake[] {
  const numbers = Object.values(tunnel.addresses).map((address) =>
    gatewayNumber(tunnel.range, parseAddress(address) ?? 0),
  );
  const gateways = numbers.reduce((most, number) => Math.max(most, number), 1);
  const { port } = endpointOf(input);
  if (port + gateways - 1 <= portMax) return [];
  const message = `each of the ${gateways} gateways has a port, and ${port} is the first one's. Write a port of at most ${portMax + 1 - gateways}.`;
  return [source.mistake(["tunnel", "endpoint"], message)];
}

function endpointOf({ tunnel, domain }: FleetInput): Fleet["tunnel"]["endpoint"] {
  return splitEndpoint(tunnel.endpoint ?? `gateway.${domain}:${tunnelPort}`);
}

/** The fleet, from a declaration and a lock that is up to date with it. */
export function resolveFleet(declaration: Declaration, lock: Lock): Fleet {
  const { source, input, devices, manifests, addons } = declaration;
  const { domain, tunnel } = input;
  return {
    name: input.fleet,
    domain,
    repository: input.repository,
    cloud: resolvedCloud(input, devices.length),
    platform: resolvedPlatform(input, addons),
    argocd: { shards: input.argocd.shards ?? null, values: input.argocd.values },
    tunnel: {
      range: tunnel.range,
      endpoint: endpointOf(input),
    },
    k3s: resolvedK3s(input),
    rings: input.rings,
    devices: devices.map((device) => resolvedDevice(device, input.fleet, lock)),
    workloads: resolvedWorkloads(source, input, manifests),
    sshKeys: input.access.sshKeys,
    administrators: input.access.administrators,
    certificates: input.certificates,
    pins: lock.pins,
  };
}

function resolvedCloud(input: FleetInput, deviceCount: number): Fleet["cloud"] {
  const { zone, ...cloud } = input.cloud;
  return {
    ...cloud,
    location: zone ?? cloud.region,
    nodePool: {
      ...cloud.nodePool,
      machineType: cloud.nodePool.machineType ?? null,
      maxNodes: maxNodesOf(input, deviceCount),
    },
    encryption: cloud.encryption ?? null,
    budget: cloud.budget ?? null,
    state: cloud.state ?? null,
  };
}

function resolvedPlatform(
  { platform, domain }: FleetInput,
  declarations: readonly AddonDeclaration[],
): Fleet["platform"] {
  if (platform === undefined) return null;
  const { email, login, hosts, addons } = platform;
  const { organization, administrators } = login.github;
  return {
    email,
    login: { github: { organization, administrators: administrators ?? null } },
    hosts: Object.fromEntries(
      hostNames.map((name) => [name, hosts[name] ?? `${name}.${domain}`]),
    ) as Record<HostName, string>,
    addons: resolvedAddons(declarations, addons),
  };
}

function resolvedDevice(declared: DeclaredDevice, fleet: string, lock: Lock): Device {
  const { order: _order, path: _path, address, ...rest } = declared;
  return {
    ...rest,
    address: address ?? lock.tunnel.addresses[declared.name] ?? "",
    serverName: serverName(fleet, declared.name, declared.generation),
  };
}
