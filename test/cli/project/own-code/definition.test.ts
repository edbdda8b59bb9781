/** The types of flotilla.config.ts: the compiler compares what a class asks for with what it gets. */
import { Construct } from "constructs";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineFleet } from "../../../../cli/project/own-code/definition.ts";
import type { DevicePartProps } from "../../../../edge/device-part.ts";
import type { WorkloadProps } from "../../../../gitops/workloads/workload.ts";

const schema = z.strictObject({ title: z.string().default("Prices") });

class Board extends Construct {
  static readonly values = schema;
  constructor(scope: Construct, id: string, props: WorkloadProps & z.output<typeof schema>) {
    super(scope, id);
    expect(props.title).toBeDefined();
  }
}
class Plain extends Construct {
  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    expect(props.namespace).toBeDefined();
  }
}
class NoProps extends Construct {}
class Scanner extends Construct {
  static readonly values = schema;
  constructor(scope: Construct, id: string, props: DevicePartProps & z.output<typeof schema>) {
    super(scope, id);
    expect(props.title).toBeDefined();
  }
}
class OtherValues extends Construct {
  static readonly values = schema;
  constructor(scope: Construct, id: string, props: { readonly title: number }) {
    super(scope, id);
    expect(props.title).toBeDefined();
  }
}
class Undeclared extends Construct {
  constructor(scope: Construct, id: string, props: WorkloadProps & { readonly title: string }) {
    super(scope, id);
    expect(props.title).toBeDefined();
  }
}

test("classes that fit are taken as they are", () => {
  const definition = {
    workloads: { board: Board, plain: Plain, none: NoProps },
    deviceParts: { scanner: Scanner },
    infra: () => {},
  };
  expect(defineFleet(definition)).toBe(definition);
  expect(defineFleet({})).toEqual({});
});

// `npm run typecheck` fails if the line after a @ts-expect-error is valid.
test("classes that ask for what they do not get are errors of the compiler", () => {
  expect([
    // @ts-expect-error the schema makes a text
    defineFleet({ workloads: { other: OtherValues } }),
    // @ts-expect-error nothing declares the title
    defineFleet({ workloads: { undeclared: Undeclared } }),
    // @ts-expect-error a part has no namespace
    defineFleet({ deviceParts: { plain: Plain } }),
  ]).toHaveLength(3);
});
