/** The `match` of one entry of devices: as the rest of Flotilla has it, and what is wrong with it. */
import { valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { DeviceInput } from "../grammar/fleet-schema.ts";
import type { Path, Source } from "../grammar/source.ts";
import { knownMac } from "../model/mac.ts";
import type { MachineMatch } from "../model/match.ts";

type MatchInput = NonNullable<DeviceInput["match"]>;

/** Undefined if nothing is declared. */
export function resolvedMatch(input: MatchInput | undefined): MachineMatch | undefined {
  if (input === undefined || Object.keys(input).length === 0) return undefined;
  const { serial, assetTag, mac, uuid } = input;
  const macs = typeof mac === "string" ? [mac] : mac;
  return {
    ...(serial !== undefined && { serial }),
    ...(assetTag !== undefined && { assetTag }),
    ...(macs !== undefined && { macs: macs.map(knownMac) }),
    ...(uuid !== undefined && { uuid: uuid.toLowerCase() }),
  };
}

/** Mistakes of one entry; `members` are the devices that it declares. */
export function rangeMatchMistakes(
  source: Source,
  path: Path,
  input: MatchInput | undefined,
  members: number,
): Mistake[] {
  if (input === undefined) return [];
  const at = [...path, "match"];
  if (members > 1) {
    const message =
      "the devices of a range cannot share one machine. Write match for each device under overrides.";
    return [source.keyMistake(at, message)];
  }
  const isEmpty = Object.keys(input).length === 0;
  // A mistake inside is reported already, and the value is left out.
  const written = valueAt(source.value, at);
  const isWrittenEmpty = isEmpty && Object.keys(written ?? {}).length === 0;
  return isWrittenEmpty
    ? [
        source.keyMistake(
          at,
          "this mapping is empty. Write serial, assetTag, mac or uuid, or omit the key.",
        ),
      ]
    : [];
}
