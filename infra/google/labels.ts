import type { TerraformResourceLifecycle } from "cdktf";

/** What everything that can carry labels carries, so that a bill can be split by fleet. */
export function fleetLabels(fleetName: string): Record<string, string> {
  return { fleet: fleetName, "managed-by": "flotilla" };
}

/** Of what must not go by mistake: Terraform refuses a plan that would delete or replace it. */
export function protection(deletionProtection: boolean): {
  readonly lifecycle?: TerraformResourceLifecycle;
} {
  return deletionProtection ? { lifecycle: { preventDestroy: true } } : {};
}
