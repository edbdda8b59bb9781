/** What the grammar can't say of the hub's cloud in fleet.yaml. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { Cloud } from "../model/cloud.ts";

export type Provider = Cloud["provider"];

/** A fleet whose hub is in one kind of cloud. */
export type FleetInputIn<Name extends Provider> = FleetInput & {
  readonly cloud: Extract<FleetInput["cloud"], { readonly provider: Name }>;
};

export interface CloudRules<Name extends Provider> {
  /** Values that do not fit together. @param deviceCount of the whole fleet */
  readonly mistakes: (source: Source, input: FleetInputIn<Name>, deviceCount: number) => Mistake[];
  /** With every default that depends on other values. */
  readonly resolved: (
    input: FleetInputIn<Name>,
    deviceCount: number,
  ) => Extract<Cloud, { readonly provider: Name }>;
  /** Whether its nodes are in a network of their own, where no device can be. */
  readonly hasOwnNetwork: boolean;
  /** Why a gateway can't have a port, as the end of a sentence. @default any port will do */
  readonly portProblem?: (input: FleetInputIn<Name>, port: number) => string | undefined;
}
