import { platformFleet } from "../../gitops/addons/platform.ts";
import type { externalDns } from "../../../gitops/addons/external-dns.ts";

/** Account ids in Google Cloud that the add-ons' charts name. */
export function addonAccounts(addons: readonly Pick<typeof externalDns, "release">[]): unknown[] {
  return addons.map((addon) => {
    const { values } = addon.release(platformFleet());
    const { annotations } = values["serviceAccount"] as { annotations: Record<string, string> };
    return annotations["iam.gke.io/gcp-service-account"]?.split("@")[0];
  });
}
