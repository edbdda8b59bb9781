/** Where devices dial the first gateway. */
import { splitEndpoint, type FleetInput } from "../grammar/fleet-schema.ts";
import { tunnelPort } from "../model/contract.ts";
import type { Fleet } from "../model/fleet.ts";

export function endpointOf({
  tunnel,
  domain,
}: Pick<FleetInput, "tunnel" | "domain">): Fleet["tunnel"]["endpoint"] {
  return splitEndpoint(tunnel.endpoint ?? `gateway.${domain}:${tunnelPort}`);
}
