/** The clouds that a hub can be in: a file and a line each. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import { ofCloud, type CloudList } from "../model/cloud-list.ts";
import type { CloudRules } from "./cloud-rules.ts";
import { existingCluster } from "./existing-cluster.ts";
import { googleCloud } from "./google-cloud.ts";

const clouds: CloudList<FleetInput, CloudRules, FleetInput["cloud"]> = {
  google: googleCloud,
  existing: existingCluster,
};

export function cloudRules(input: FleetInput): CloudRules {
  return ofCloud(clouds, input, input.cloud);
}
