/**
 * Several hubs that share one fleet.yaml. Each is an environment, whose file has `hub.name`, and sites
 * choose a hub by this name. Devices of other hubs are checked, and then left out.
 */
import { notOneOf, valueAt } from "../grammar/check.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import { hubDifferences } from "./hub-differences.ts";

type HubInput = Pick<FleetInput, "hub" | "sites">;

/** All of them where the fleet has one hub. */
export function devicesOfHub(
  { hub, sites }: HubInput,
  devices: readonly DeclaredDevice[],
): readonly DeclaredDevice[] {
  const { name } = hub;
  return name === undefined
    ? devices
    : devices.filter(({ site }) => sites[site.name]?.hub === name);
}

/**
 * No device may be without a hub, or at two of them.
 *
 * @param isEnvironment whether the source is that of an environment
 * @param others of the project's other fleets; undefined if one of them cannot be read
 */
export function hubMistakes(
  source: Source,
  { hub: { name }, sites }: HubInput,
  isEnvironment: boolean,
  others: readonly Source[] | undefined,
): Mistake[] {
  const namePath = ["hub", "name"];
  if (name !== undefined && !(isEnvironment && source.fileOf(namePath) === source.file)) {
    const message = `every environment would be the hub ${name}. Write this line in the file of one environment, and choose it with --environment.`;
    return [source.mistake(namePath, message)];
  }
  const named = Object.entries(sites).flatMap(([site, { hub }]) =>
    hub === undefined ? [] : [{ path: ["sites", site, "hub"], hub }],
  );
  if (name === undefined) {
    const message = `this fleet has no hub.name, and would have the devices of every hub. Choose a hub with --environment; its file has hub: { name: … }.`;
    return named.slice(0, 1).map(({ path }) => source.mistake(path, message));
  }
  const hubs = [...new Set([name, ...(others ?? []).flatMap(hubNameOf)])].toSorted();
  const otherHubs = (others ?? []).filter((other) => hubNameOf(other).length > 0);
  const without = Object.keys(sites).filter((site) => sites[site]?.hub === undefined);
  return [
    ...without.map((site) => {
      const message = `"hub" is missing. Write the hub of this site: ${hubs.join(" or ")}.`;
      return source.keyMistake(["sites", site], message);
    }),
    ...named
      .filter(({ hub }) => others !== undefined && !hubs.includes(hub))
      .map(({ path, hub }) => source.mistake(path, notOneOf(JSON.stringify(hub), hubs, hub))),
    ...sameNames(source, name, otherHubs),
    ...hubDifferences(source, otherHubs),
  ];
}

function sameNames(source: Source, name: string, others: readonly Source[]): Mistake[] {
  const same = others.filter((other) => hubNameOf(other).includes(name));
  return same.map(({ file }) => {
    const files = [source.file, file].toSorted().join(" and ");
    const message = `${files} have the same hub.name, and would have the same devices. Write another one in one of these files.`;
    return source.mistake(["hub", "name"], message);
  });
}

/** A hub whose last site has moved to another one still has to be published and destroyed. */
export function hubNotes(source: Source, { hub: { name }, sites }: HubInput): Mistake[] {
  if (name === undefined || Object.values(sites).some(({ hub }) => hub === name)) return [];
  const message = `no site has hub: ${name}, so this hub has no device.`;
  return [source.mistake(["hub", "name"], message)];
}

function hubNameOf({ value }: Source): string[] {
  const name = valueAt(value, ["hub", "name"]);
  return typeof name === "string" ? [name] : [];
}
