import type { TerraformResourceLifecycle } from "cdktf";

/** Labels of every resource that can have labels, so that a bill can be split by fleet. */
export function fleetLabels(fleetName: string): Record<string, string> {
  return { fleet: fleetName, "managed-by": "flotilla" };
}

/** Makes Terraform refuse a plan that would delete or replace the resource. */
export function protection(deletionProtection: boolean): {
  readonly lifecycle?: TerraformResourceLifecycle;
} {
  return deletionProtection ? { lifecycle: { preventDestroy: true } } : {};
}
