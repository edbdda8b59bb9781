/** The clouds that a hub can run in, for its objects: a file and a line each. */
import type { ExistingCluster, GoogleCloud } from "../../fleet/model/cloud.ts";
import { ofCloud, type CloudList } from "../../fleet/model/cloud-list.ts";
import type { HubCloud } from "./cloud.ts";
import { existingHubCloud } from "./existing.ts";
import { googleHubCloud } from "./google.ts";

/** What the objects on the hub need to know of a cloud. */
export type CloudChoice = Pick<GoogleCloud, "provider" | "project"> | ExistingCluster;

const clouds: CloudList<string, HubCloud, CloudChoice> = {
  google: googleHubCloud,
  existing: (_fleet, cloud) => existingHubCloud(cloud),
};

/** What the objects on a fleet's hub need of its cloud. */
export function hubCloud(fleet: string, cloud: CloudChoice): HubCloud {
  return ofCloud(clouds, fleet, cloud);
}
