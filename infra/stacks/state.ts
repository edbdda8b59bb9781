import { GcsBackend, LocalBackend, type TerraformStack } from "cdktf";
import type { Fleet } from "../../fleet/model/fleet.ts";

/**
 * Says where Terraform keeps the state of a stack. A bucket locks it by itself and keeps its older
 * versions if the bucket is made so; nothing here makes the bucket, whose own state would have to
 * be somewhere else.
 */
export function keepState(stack: TerraformStack, { name, cloud }: Fleet): void {
  const { id } = stack.node;
  if (cloud.state !== null) {
    new GcsBackend(stack, { bucket: cloud.state.bucket, prefix: `${name}/${id}` });
    return;
  }
  // Terraform runs in dist/infra/stacks/<id>; the state belongs four levels up, in the project's
  // own folder, where removing dist loses nothing. A relative path is the same on every machine.
  new LocalBackend(stack, { path: `../../../../terraform.${id}.tfstate` });
}
