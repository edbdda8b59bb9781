/** Whether the gateways can listen on the ports that devices are told to dial. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { gatewaysMost } from "../rules/gateways.ts";
import { cloudRules } from "./clouds.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import { endpointOf } from "./endpoint.ts";
import { entriesOf } from "./entries.ts";

export function gatewayMistakes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  return [...portMistakes(source, input), ...directMistakes(source, input, devices)];
}

/** Everywhere in the file. */
function declaredGateways(input: FleetInput) {
  return entriesOf(input).map(([path, { gateway }]) => [[...path, "gateway"], gateway] as const);
}

/**
 * All gateways have one address, and each has the port after that of the one before. So two ports that
 * are declared need as much room between them as there can be gateways.
 */
function portMistakes(source: Source, input: FleetInput): Mistake[] {
  const { portProblem } = cloudRules(input);
  const most = gatewaysMost(input.tunnel.range);
  const last = 65_535 - most + 1;
  const used = new Map([[endpointOf(input).port, "tunnel.endpoint"]]);
  const mistakes: Mistake[] = [];
  for (const [path, gateway] of declaredGateways(input)) {
    const port = gateway?.port ?? undefined;
    if (port === undefined || used.has(port)) continue;
    const near = [...used.keys()].find((other) => Math.abs(other - port) < most);
    const say = (message: string) => mistakes.push(source.mistake([...path, "port"], message));
    const room = `${input.tunnel.range} can have ${most} gateways, and each listens on the next port.`;
    const problem = portProblem?.(port);
    if (problem !== undefined) {
      say(problem);
    } else if (port > last) {
      say(`${port} leaves too few ports: ${room} Write a port up to ${last}.`);
    } else if (near !== undefined) {
      const use = `port ${near} of ${used.get(near)}`;
      say(`${port} is too close to ${use}: ${room} Write a port that is at least ${most} away.`);
    } else {
      used.set(port, path.join("."));
    }
  }
  return mistakes;
}

/** What a profile or a site says is for its other devices. */
function directMistakes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  const direct = new Set(
    devices
      .filter(({ connectivity }) => connectivity === "direct")
      .map(({ path }) => path.join("\n")),
  );
  return declaredGateways(input).flatMap(([path, gateway]) =>
    gateway !== undefined && gateway !== null && direct.has(path.slice(0, -1).join("\n"))
      ? [
          source.keyMistake(
            path,
            "a device with connectivity: direct has no tunnel. Delete gateway, or connectivity.",
          ),
        ]
      : [],
  );
}
