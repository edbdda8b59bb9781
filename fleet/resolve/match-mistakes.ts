/** Machines that two devices are matched with. */
import { valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { knownMac } from "../model/mac.ts";
import { matchValues, type MatchKey } from "../model/match.ts";
import type { DeclaredDevice } from "./declared-devices.ts";

/** Values of two devices that are equal, each at the later one of them. */
export function matchClashes(source: Source, devices: readonly DeclaredDevice[]): Mistake[] {
  const known = new Map<string, string>();
  const interfaceProblem = foreignInterfaces(devices);
  const mistakes: Mistake[] = [];
  for (const device of devices.toSorted((a, b) => a.order - b.order)) {
    const list = Array.isArray(valueAt(source.value, [...device.path, "match", "mac"]));
    for (const { key, index, value } of matchValues(device.match ?? {})) {
      const same = `${key} ${value}`;
      const other = known.get(same);
      known.set(same, other ?? device.name);
      const inner = list && index !== undefined ? [key, index] : [key];
      const foreign = interfaceProblem(key, value, device.name);
      if (foreign === undefined && other === undefined) continue;
      const message =
        foreign ??
        (other === device.name
          ? "this MAC address appears twice in this list. Delete one of them."
          : `${device.name} has the same value as ${other}, and a machine can be one device only. Write another value for one of them.`);
      mistakes.push(source.mistake([...device.path, "match", ...inner], message));
    }
  }
  return mistakes;
}

type InterfaceProblem = (key: MatchKey, value: string, device: string) => string | undefined;

/** The message on a MAC address of a device's match that another device declares under interfaces. */
export function foreignInterfaces(
  devices: readonly Pick<DeclaredDevice, "name" | "machine">[],
): InterfaceProblem {
  const owners = new Map(
    devices.flatMap(({ name, machine }) =>
      (machine?.interfaces ?? []).flatMap(({ macAddress }) =>
        macAddress === undefined ? [] : [[knownMac(macAddress), name] as const],
      ),
    ),
  );
  return (key, value, device) => {
    const owner = key === "mac" ? owners.get(value) : undefined;
    return owner === undefined || owner === device
      ? undefined
      : `${value} is the MAC address of an interface of ${owner}. Write one of ${device}.`;
  };
}
