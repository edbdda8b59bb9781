/** Tests of constructs: a stack of their own, and cdktf's matcher for Vitest. */
import { Testing, TerraformStack, testingMatchers } from "cdktf";
import { RootConstruct } from "constructs";
import { expect } from "vitest";

type Resource = Readonly<Record<string, unknown>>;
type ResourceClass = testingMatchers.TerraformConstructor;

declare module "vitest" {
  // The parameter must have the name that Vitest gives it.
  interface Matchers<T> {
    /** Compares as toMatchObject does, with names in Terraform's own spelling. */
    toHaveResourceWithProperties(resource: ResourceClass, properties?: Resource): T;
  }
}

expect.extend({
  toHaveResourceWithProperties(stack: string, resource: ResourceClass, properties?: Resource) {
    const { equals, utils } = this;
    const match = testingMatchers.getToHaveResourceWithProperties((items: unknown[], wanted) =>
      items.some((item) => equals(item, wanted, [utils.iterableEquality, utils.subsetEquality])),
    );
    return testingMatchers.returnMatcherToJest(match(stack, resource, properties));
  },
});

/**
 * The JSON of a stack that holds nothing but some constructs. Unlike Testing.synthScope it leaves no
 * temporary folder behind.
 */
export function synthesized(build: (stack: TerraformStack) => void): string {
  const stack = new TerraformStack(new RootConstruct(), "test");
  build(stack);
  return Testing.synth(stack);
}

/** The arguments of all resources of a class, for what no matcher can say. */
export function resourcesOf(stack: string, { tfResourceType }: ResourceClass): readonly Resource[] {
  const { resource } = JSON.parse(stack) as { resource?: Record<string, Record<string, Resource>> };
  return Object.values(resource?.[tfResourceType] ?? {});
}
