import { hubAddons } from "../../../gitops/addon-files.ts";
import { platformFleet, valuesOf } from "../../gitops/addons/platform.ts";

/** Account ids in Google Cloud that the charts of these add-ons name. */
export function addonAccounts(names: readonly string[]): unknown[] {
  const addons = hubAddons(platformFleet());
  return names.map((name) => {
    const addon = addons.find((each) => each.name === name);
    if (addon === undefined) throw new Error(`there is no add-on ${name}`);
    const { annotations } = valuesOf(addon)["serviceAccount"] as {
      annotations: Record<string, string>;
    };
    return annotations["iam.gke.io/gcp-service-account"]?.split("@")[0];
  });
}
