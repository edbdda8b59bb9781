import { TerraformStack } from "cdktf";
import { RootConstruct } from "constructs";

type Resource = Readonly<Record<string, unknown>>;

/** The arguments of the resources of a type in a stack that holds nothing but some constructs. */
export function synthesizedResources(
  type: string,
  build: (stack: TerraformStack) => void,
): readonly Resource[] {
  const stack = new TerraformStack(new RootConstruct(), "test");
  build(stack);
  const { resource } = stack.toTerraform() as {
    resource: Record<string, Record<string, Resource>>;
  };
  return Object.values(resource[type] ?? {});
}

/** The arguments of the one resource of a type. */
export function synthesizedResource(
  type: string,
  build: (stack: TerraformStack) => void,
): Resource {
  const [found, ...rest] = synthesizedResources(type, build);
  if (found === undefined || rest.length > 0) throw new Error(`not exactly one ${type}`);
  return found;
}
