/** The classes of this fleet, by the names that fleet.yaml uses. */
import { defineFleet } from "flotilla";
import { Uptime } from "./gitops/addons/uptime.ts";
import { PriceBoard } from "./gitops/workloads/price-board.ts";
import { CanBus } from "./edge/parts/can-bus.ts";

export default defineFleet({
  workloads: { "price-board": PriceBoard },
  addons: { uptime: Uptime },
  deviceParts: { can: CanBus },
  async infra(hub) {
    const { ReportsBucket } = await import("./infra/reports-bucket.ts");
    new ReportsBucket(hub, "reports");
  },
});
