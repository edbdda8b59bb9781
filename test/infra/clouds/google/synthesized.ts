import { TerraformStack } from "cdktf";
import { RootConstruct } from "constructs";

/** The arguments of the one resource of a type in a stack that holds nothing but some constructs. */
export function synthesizedResource(
  type: string,
  build: (stack: TerraformStack) => void,
): Readonly<Record<string, unknown>> {
  const stack = new TerraformStack(new RootConstruct(), "test");
  build(stack);
  const { resource } = stack.toTerraform() as {
    resource: Record<string, Record<string, Record<string, unknown>>>;
  };
  const [found, ...rest] = Object.values(resource[type] ?? {});
  if (found === undefined || rest.length > 0) throw new Error(`not exactly one ${type}`);
  return found;
}
