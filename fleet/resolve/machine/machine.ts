/** The machine settings of a device, from all levels that can have them. */
import { valueAt } from "../../grammar/check.ts";
import type { Mistake } from "../../grammar/mistakes.ts";
import type { FleetInput } from "../../grammar/fleet-schema.ts";
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type { Path, Source } from "../../grammar/source.ts";
import type { InstallDisk } from "../../model/disk.ts";
import type { Machine } from "../../model/machine.ts";
import { dataMistakes, resolvedData } from "./data.ts";
import { diskMistakes, resolvedDisk } from "./disk.ts";
import { levelsThatCount } from "./levels.ts";
import { inherited } from "./inherited.ts";
import { interfaceMistakes } from "./interface-mistakes.ts";
import { resolvedInterfaces } from "./interfaces.ts";
import type { ReferencedFiles } from "../../model/referenced-files.ts";
import { dialledGateway, endpointMistakes } from "./dialled-gateway.ts";
import { proxyMistakes, resolvedProxy } from "./proxy.ts";
import { trustedFiles } from "./trusted-files.ts";
import { k3sNodeMistakes, resolvedK3s } from "./k3s.ts";
import { resolvedRegistries } from "./registries.ts";
import { resolvedUsers, userMistakes } from "./users.ts";

export interface DeclaredMachine {
  /** Absent if no level has a valid one. */
  readonly disk?: InstallDisk;
  /** Absent if no level declares anything. */
  readonly machine?: Machine;
  readonly mistakes: readonly Mistake[];
}

/**
 * Resolves the settings of devices. Devices with the same levels share one result.
 *
 * @param references undefined: no file is read, and what comes from files is omitted
 */
export function machineBook(
  source: Source,
  input: FleetInput,
  references?: ReferencedFiles,
): (levels: readonly Path[]) => DeclaredMachine {
  const known = new Map<string, DeclaredMachine>();
  return (levels) => {
    const same = JSON.stringify(levels);
    const found = known.get(same) ?? declaredMachine(source, input, levels, references);
    known.set(same, found);
    return found;
  };
}

function declaredMachine(
  source: Source,
  input: FleetInput,
  levels: readonly Path[],
  references: ReferencedFiles | undefined,
): DeclaredMachine {
  const read = <Key extends keyof MachineInput>(key: Key) =>
    inherited<NonNullable<MachineInput[Key]>>(source, input, levels, key);
  const declaredInterfaces = read("interfaces");
  const interfaces = declaredInterfaces && resolvedInterfaces(declaredInterfaces);
  // A disk is one thing: what it is like is not merged with another one.
  const last = levels.findLast((level) => valueAt(input, [...level, "disk"]) !== undefined);
  const disk = inherited<NonNullable<MachineInput["disk"]>>(
    source,
    input,
    last ? [last] : [],
    "disk",
  );
  const installDisk = disk && resolvedDisk(disk);
  const data = read("data");
  const volume = data && resolvedData(data);
  const ntpServers = read("ntpServers");
  const users = read("users");
  const hasSnippets = levelsThatCount(input, levels, ["butane"]).some(
    (level) => valueAt(input, [...level, "butane"]) !== undefined,
  );
  const proxy = read("proxy");
  const authorities = read("certificateAuthorities");
  const trusted = authorities && trustedFiles(authorities, references);
  const gateway = read("gateway");
  const k3s = read("k3s");
  const registries = read("registries");
  const images = registries && resolvedRegistries(registries, references);
  const machine: Machine = {
    ...(interfaces && interfaces.length > 0 && { interfaces }),
    ...(k3s && { k3s: resolvedK3s(k3s) }),
    ...(volume && { data: volume }),
    ...(ntpServers && { ntpServers: ntpServers.value }),
    ...(users && { users: resolvedUsers(users) }),
    ...(proxy && { proxy: resolvedProxy(proxy) }),
    ...(trusted && { trustedFiles: trusted.files }),
    ...(gateway && { gateway: dialledGateway(gateway) }),
    ...(images && { registries: images.registries }),
  };
  const mistakes: Mistake[] = [
    ...(declaredInterfaces && interfaces ? interfaceMistakes(declaredInterfaces, interfaces) : []),
    ...(users ? userMistakes(users, hasSnippets) : []),
    ...(proxy ? proxyMistakes(proxy) : []),
    ...(trusted ? trusted.mistakes : []),
    ...(gateway ? endpointMistakes(gateway) : []),
    ...(k3s ? k3sNodeMistakes(k3s) : []),
    ...(images ? images.mistakes : []),
    ...(disk ? diskMistakes(disk) : []),
    ...(data ? dataMistakes(data, installDisk) : []),
  ];
  return {
    ...(installDisk !== undefined && { disk: installDisk }),
    ...(Object.keys(machine).length > 0 && { machine }),
    mistakes,
  };
}
