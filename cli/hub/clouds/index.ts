/** The clouds that a hub can be in, for the commands: a file and a line each. */
import type { Cloud } from "../../../fleet/model/cloud.ts";
import { ofCloud, type CloudList } from "../../../fleet/model/cloud-list.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { CloudCommands } from "./cloud.ts";
import { existingCommands } from "./existing.ts";
import { googleCommands } from "./google.ts";

const clouds: CloudList<Fleet, CloudCommands, Cloud> = {
  google: googleCommands,
  existing: existingCommands,
};

export function cloudCommands(fleet: Fleet): CloudCommands {
  return ofCloud(clouds, fleet, fleet.cloud);
}
