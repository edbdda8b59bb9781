/** The fleet, made from a valid declaration and a lock with all addresses. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { resolvedAddons } from "./resolved-addons.ts";
import type { Lock } from "../lock/lock.ts";
import { type Fleet } from "../model/fleet.ts";
import { serverName } from "../model/names.ts";
import { cloudRules } from "./clouds.ts";
import type { Declaration } from "./declaration.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import { endpointOf } from "./endpoint.ts";
import { resolvedWorkloads } from "./resolved-workloads.ts";
import { hostNames } from "../model/platform.ts";
import type { Device } from "../model/device.ts";
import type { HostName } from "../model/platform.ts";

/** The fleet, from a declaration and its updated lock. */
export function resolveFleet(declaration: Declaration, lock: Lock): Fleet {
  const { source, input, devices, manifests, addons } = declaration;
  const { domain, tunnel } = input;
  return {
    name: input.fleet,
    domain,
    repository: resolvedRepository(declaration),
    cloud: cloudRules(input).resolved(devices.length),
    platform: resolvedPlatform(input, addons),
    argocd: { shards: input.argocd.shards ?? null, values: input.argocd.values },
    hub: input.hub,
    tunnel: {
      range: tunnel.range,
      endpoint: endpointOf(input),
    },
    k3s: resolvedK3s(input),
    coreos: input.coreos,
    rings: input.rings,
    devices: devices.map((device) => resolvedDevice(device, input.fleet, lock)),
    workloads: resolvedWorkloads(source, input, manifests),
    sshKeys: input.access.sshKeys,
    administrators: input.access.administrators,
    certificates: input.certificates,
    pins: lock.pins,
  };
}

function resolvedRepository({ input, signingKeys }: Declaration): Fleet["repository"] {
  const { signing, ...repository } = input.repository;
  return {
    ...repository,
    push: repository.push ?? repository.url,
    ...(signing !== undefined && { signing: { keys: signingKeys } }),
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

/** In ring order. */
function resolvedK3s({ k3s, rings }: FleetInput): Fleet["k3s"] {
  if (k3s === undefined) return null;
  return { versions: new Map(rings.map((ring) => [ring, k3s.versions[ring] ?? ""])) };
}
