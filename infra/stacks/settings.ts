import { posix } from "node:path";
import { GcsBackend, LocalBackend, type TerraformStack } from "cdktf";
import type { Fleet } from "../../fleet/model/fleet.ts";

/** Where cdktf puts the stacks, with `/` for the project's folder. Terraform runs in them. */
const stacksFolder = "/dist/infra/stacks";

/**
 * A path in the project's folder, relative to the folder of a stack. Relative paths are the same on
 * every machine, and Terraform resolves them in the folder that it runs in.
 *
 * @param path relative to the project's folder: `dist/gitops/root.yaml`
 */
export function pathFromStack(stack: TerraformStack, path: string): string {
  return posix.relative(posix.join(stacksFolder, stack.node.id), posix.join("/", path));
}

/**
 * Sets Terraform's version and where it keeps the state of a stack: in the fleet's bucket, or in the
 * project's own folder, so that deleting dist loses nothing.
 *
 * A bucket locks the state by itself, and keeps older versions of it if it is created so. Nothing
 * here creates the bucket, because its own state would have to be somewhere else.
 */
export function configureTerraform(stack: TerraformStack, { name, cloud }: Fleet): void {
  const { id } = stack.node;
  stack.addOverride("terraform.required_version", ">= 1.5.0, < 2.0.0");
  if (cloud.state !== null) {
    new GcsBackend(stack, { bucket: cloud.state.bucket, prefix: `${name}/${id}` });
  } else {
    new LocalBackend(stack, { path: pathFromStack(stack, `terraform.${id}.tfstate`) });
  }
}
