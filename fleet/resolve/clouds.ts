/** The clouds that a hub can be in: a file and a line each. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { CloudRules, Provider } from "./cloud-rules.ts";
import { existingCluster } from "./existing-cluster.ts";
import { googleCloud } from "./google-cloud.ts";

const clouds: { readonly [Name in Provider]: CloudRules<Name> } = {
  google: googleCloud,
  existing: existingCluster,
};

/** The rules of the cloud that a fleet's hub is in, for that fleet alone. */
export function cloudRules({ cloud }: Pick<FleetInput, "cloud">): CloudRules<Provider> {
  // The compiler does not follow that the name of the rules is the cloud's own.
  return clouds[cloud.provider] as CloudRules<Provider>;
}
