/**
 * Commands that texts advise. They name the environment of this run, so that a command can be copied as it is,
 * though the code that advises it does not know the environment.
 */
import { environmentVariable } from "./contract.ts";

/** Commands that work on one fleet; the others have no environment. */
export const fleetCommands = [
  "bootstrap",
  "deploy",
  "destroy",
  "doctor",
  "flash",
  "image",
  "keygen",
  "kubeconfig",
  "match",
  "pin",
  "plan",
  "promote",
  "publish",
  "pxe",
  "revoke",
  "rollback",
  "show",
  "status",
  "synth",
  "up",
  "validate",
] as const;

/** Targets of make that run one of these. Make gives a variable to the programs that it starts. */
export const makeTargets = ["deploy", "destroy", "iso", "publish", "synth"] as const;

let environment: string | undefined;

/** From now on commands are advised for this environment; undefined for the fleet of fleet.yaml. */
export function adviseFor(name: string | undefined): void {
  environment = name;
}

/** `flotilla publish`, with the environment; options and arguments can follow. */
export function flotillaCommand(name: (typeof fleetCommands)[number]): string {
  return `flotilla ${name}${environment === undefined ? "" : ` --environment ${environment}`}`;
}

/** `make publish`, with the environment; variables can follow. */
export function makeCommand(target: (typeof makeTargets)[number]): string {
  return `make ${target}${environment === undefined ? "" : ` ${environmentVariable}=${environment}`}`;
}
