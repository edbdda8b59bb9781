/** The add-ons of the hub: a new one is one file in this folder and its line here. */
import type { Construct } from "constructs";
import type { Fleet } from "../../fleet/model.ts";
import { CertManager, certManagerNamespace } from "./cert-manager.ts";

export interface Addon {
  /** Its file in `hub/platform/`. */
  readonly name: string;
  /** The one namespace that it works in. */
  readonly namespace: string;
  /** URL of the repository of its chart. */
  readonly chartRepository: (fleet: Fleet) => string;
  readonly build: (scope: Construct, fleet: Fleet) => void;
}

export const addons: readonly Addon[] = [
  {
    name: "cert-manager",
    namespace: certManagerNamespace,
    chartRepository: (fleet) => fleet.pins.charts["cert-manager"].repository,
    build: (scope, fleet) => {
      new CertManager(scope, "cert-manager", { chart: fleet.pins.charts["cert-manager"] });
    },
  },
];
