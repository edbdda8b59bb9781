/**
 * The fleet's own code: classes by the names that fleet.yaml uses. Workloads run on the devices,
 * add-ons on the hub; `deviceParts` go into the images, and `infra` adds to the hub's Terraform.
 */
import { defineFleet } from "flotilla";
import { PointOfSale } from "./gitops/workloads/point-of-sale.ts";

export default defineFleet({
  workloads: { "point-of-sale": PointOfSale },
});
