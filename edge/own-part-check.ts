/**
 * What a user's own parts add to a device, by the rules for a snippet: all of it together is one layer beside
 * Flotilla's parts.
 */
import { isMapping } from "../fleet/model/values.ts";
import { additionAt, DeviceError, type Addition } from "./additions.ts";
import type { ButaneConfig } from "./butane/config.ts";
import type { Json, JsonObject } from "./butane/json.ts";
import type { EdgeDevice } from "./device.ts";
import { findingsIn } from "./snippets.ts";
import { mistakeInLayout } from "./snippets/disks.ts";
import { indexOfSame, mistakesInMerged } from "./snippets/merged.ts";
import type { Finding, OwnSystem, Owners } from "./snippets/own-system.ts";

/**
 * @param edge the device with a user's own parts, and without snippets
 * @param ignition its Ignition configuration
 * @param own the same device without the user's parts
 * @throws DeviceError with what Ignition or the system refuses at the first boot
 */
export function checkOwnAdditions(edge: EdgeDevice, ignition: string, own: OwnSystem): void {
  const all = JSON.parse(ignition) as JsonObject;
  const layer = addedTo(own.config, all) as JsonObject;
  const layout = mistakeInLayout(edge.toConfig().boot_device, own);
  const inLayer = [
    ...findingsIn(layer, own),
    ...(layout === undefined ? [] : [{ path: ["boot_device"], message: layout }]),
  ];
  // A consequence of a mistake is not another mistake.
  const [config, found] = inLayer.length > 0 ? [layer, inLayer] : [all, mistakesInMerged(all, own)];
  if (found.length === 0) return;
  const described = found.map((finding) => describe(finding, config, edge));
  const message = [...new Set(described.map(({ text }) => text))].join("\n");
  throw new DeviceError(
    `${edge.title} is not valid:\n${message}`,
    described.flatMap(({ addition }) => addition ?? []),
  );
}

/** What `after` has, and `before` has not. An entry of a list is known by its path, name or device. */
function addedTo(before: Json | undefined, after: Json): Json | undefined {
  if (before === undefined) return after;
  if (Array.isArray(after)) {
    const added = (after as readonly Json[]).filter((item) => indexOfSame(item, before) < 0);
    return added.length > 0 ? added : undefined;
  }
  if (!isMapping(after)) return undefined;
  return Object.fromEntries(
    Object.entries(after as JsonObject).flatMap(([key, value]) => {
      const added = addedTo((before as JsonObject)[key], value);
      return added === undefined ? [] : [[key, added]];
    }),
  );
}

/** With the part, and the path or the name in place of a number. */
function describe({ path, message }: Finding, config: JsonObject, edge: EdgeDevice) {
  const addition = additionAt(config as unknown as ButaneConfig, ["$", ...path].join("."));
  if (addition === undefined) return { text: `${path.join(".")}: ${message}`, addition };
  const { kind, name } = addition;
  // The message names the path itself.
  const field = ["path", "name", "device"].includes(addition.field) ? "" : addition.field;
  const owner = ownerOf(edge.owners, addition);
  const part = owner === undefined ? "" : `${edge.node.path}/${owner}: `;
  return { text: `${part}the ${kind} ${name}:${field && ` ${field}:`} ${message}`, addition };
}

function ownerOf({ paths, units, users }: Owners, { kind, name }: Addition): string | undefined {
  if (kind === "path") return paths.get(name);
  if (kind === "unit") return units.get(name);
  return kind === "user" ? users.get(name) : undefined;
}
