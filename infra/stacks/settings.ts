import { posix } from "node:path";
import { LocalBackend, type TerraformStack } from "cdktf";
import { environmentsFolder } from "../../fleet/model/contract.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { cloudOf } from "../clouds.ts";

/**
 * A path in the project's folder, relative to the folder of a stack. Relative paths are the same on
 * every machine, and Terraform resolves them in the folder that it runs in.
 *
 * @param path relative to the project's folder: `environments/staging.hub.tfstate`
 */
function pathFromStack(stack: TerraformStack, fleet: Fleet, path: string): string {
  const folder = posix.join("/", outputFolderOf(fleet), "infra/stacks", stack.node.id);
  return posix.relative(folder, posix.join("/", path));
}

/** The same for what a synthesis writes: `gitops/root.yaml` */
export function outputFromStack(stack: TerraformStack, fleet: Fleet, path: string): string {
  return pathFromStack(stack, fleet, posix.join(outputFolderOf(fleet), path));
}

/** The output folder of a fleet, relative to the project's folder. */
export function outputFolderOf({ environment = "" }: Fleet): string {
  return posix.join("dist", environment);
}

/**
 * Sets Terraform's version and where it keeps the state of a stack: in the fleet's bucket, or in the
 * project's own folder, so that deleting dist loses nothing.
 *
 * A bucket locks the state by itself, and keeps older versions of it if it is created so. Nothing
 * here creates the bucket, because its own state would have to be somewhere else.
 */
export function configureTerraform(stack: TerraformStack, fleet: Fleet): void {
  const { name, environment } = fleet;
  const { id } = stack.node;
  stack.addOverride("terraform.required_version", ">= 1.5.0, < 2.0.0");
  const { addBackend } = cloudOf(fleet);
  if (addBackend !== undefined) {
    addBackend(stack, `${name}/${id}`);
  } else {
    const file =
      environment === undefined
        ? `terraform.${id}.tfstate`
        : `${environmentsFolder}/${environment}.${id}.tfstate`;
    new LocalBackend(stack, { path: pathFromStack(stack, fleet, file) });
  }
}
