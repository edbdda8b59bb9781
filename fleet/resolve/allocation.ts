/** Tunnel addresses for the devices that a fleet file declares. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import { InputError, type Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { allocate, type Lock } from "../lock/lock.ts";
import { parseAddress } from "../model/addresses.ts";
import { gatewayNumber } from "../rules/gateways.ts";
import type { Declaration } from "./declaration.ts";
import { endpointOf } from "./endpoint.ts";
import { k3sPinMistakes } from "./k3s-mistakes.ts";

const portMax = 65_535;

/**
 * The lock, updated for the declaration: an address for each device behind a gateway.
 *
 * @throws InputError if the tunnel's range is too small, or there is no port for each gateway
 */
export function allocated({ source, input, devices }: Declaration, lock: Lock): Lock {
  const dialling = devices.filter(({ connectivity }) => connectivity === "gateway");
  // In the order of the file, so that the addresses of a range are consecutive.
  const inFileOrder = dialling.toSorted((a, b) => a.order - b.order).map(({ name }) => name);
  const next = allocate(lock, inFileOrder);
  if ("tunnel" in next) {
    const mistakes = [...portMistakes(source, input, next), ...k3sPinMistakes(source, input, next)];
    if (mistakes.length > 0) throw new InputError(mistakes);
    return next;
  }
  const retired = Object.keys(lock.tunnel.retired).length;
  const kept = retired > 0 ? ` (${retired} addresses are retired; --prune-lock frees them)` : "";
  const message = `${input.tunnel.range} has addresses for ${next.capacity} of the ${next.wanted} devices behind the gateway${kept}. Write a larger range.`;
  throw new InputError([source.keyMistake(["tunnel", "range"], message)]);
}

function portMistakes(source: Source, input: FleetInput, { tunnel }: Lock): Mistake[] {
  const numbers = Object.values(tunnel.addresses).map((address) =>
    gatewayNumber(tunnel.range, parseAddress(address) ?? 0),
  );
  const gateways = numbers.reduce((most, number) => Math.max(most, number), 1);
  const { port } = endpointOf(input);
  if (port + gateways - 1 <= portMax) return [];
  const message = `the ${gateways} gateways need a port each, starting with ${port}. Write a port of at most ${portMax + 1 - gateways}.`;
  return [source.mistake(["tunnel", "endpoint"], message)];
}
