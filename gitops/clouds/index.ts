/** The clouds that a hub can run in, for its objects: a folder's worth in infra/, and a line here. */
import type { ExistingCluster, GoogleCloud } from "../../fleet/model/cloud.ts";
import type { HubCloud } from "./cloud.ts";
import { existingHubCloud } from "./existing.ts";
import { googleHubCloud } from "./google.ts";

/** What the objects on the hub need to know of a cloud. */
export type CloudChoice = Pick<GoogleCloud, "provider" | "project"> | ExistingCluster;

/** What the objects on a fleet's hub need of its cloud. */
export function hubCloud(fleet: string, cloud: CloudChoice): HubCloud {
  switch (cloud.provider) {
    case "google":
      return googleHubCloud(fleet, cloud);
    case "existing":
      return existingHubCloud(cloud);
  }
}
