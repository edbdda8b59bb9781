/** The clouds that a hub can be in, for the commands: a file and a line each. */
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { CloudCommands, FleetIn, Provider } from "./cloud.ts";
import { existingCommands } from "./existing.ts";
import { googleCommands } from "./google.ts";

const clouds: { readonly [Name in Provider]: (fleet: FleetIn<Name>) => CloudCommands } = {
  google: googleCommands,
  existing: existingCommands,
};

export function cloudCommands(fleet: Fleet): CloudCommands {
  // The compiler does not follow that the name of the function is the cloud's own.
  const commands = clouds[fleet.cloud.provider] as (fleet: Fleet) => CloudCommands;
  return commands(fleet);
}
