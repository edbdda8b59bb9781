/** What the grammar can't say of the hub's cloud in fleet.yaml. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { Cloud } from "../model/cloud.ts";

type CloudInput = FleetInput["cloud"];

/** `cloud` of fleet.yaml for one kind of cloud. */
export type CloudInputOf<Name extends CloudInput["provider"]> = Extract<
  CloudInput,
  { readonly provider: Name }
>;

/** The rules of the cloud that a fleet's hub is in. */
export interface CloudRules {
  /** Values that do not fit together. @param deviceCount of the whole fleet */
  readonly mistakes: (source: Source, deviceCount: number) => Mistake[];
  /** With every default that depends on other values. */
  readonly resolved: (deviceCount: number) => Cloud;
  /** Whether its nodes are in a network of their own, where no device can be. */
  readonly hasOwnNetwork: boolean;
  /** Why a gateway can't have a port, as the end of a sentence. @default any port will do */
  readonly portProblem?: (port: number) => string | undefined;
}
