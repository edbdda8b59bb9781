/** A mistake in a construct is the workload's: how it is reported, and where. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { expect, onTestFinished, test } from "vitest";
import { reportError } from "../../../cli/terminal/error-report.ts";
import { sourcePlace } from "../../../cli/terminal/source-place.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { ConstructError } from "../../../fleet/model/construct-error.ts";
import { workloads } from "../../../gitops/workloads/index.ts";
import { renderWorkloads } from "../../../gitops/workloads/render.ts";
import type { WorkloadConstruct } from "../../../gitops/workloads/workload.ts";
import { sampleFleet } from "../../sample.ts";

/** Renders a fleet whose point of sale is this construct. */
function renderWith(construct: WorkloadConstruct): unknown {
  const registry = workloads as Map<string, WorkloadConstruct>;
  const before = registry.get("point-of-sale");
  if (before === undefined) throw new Error("no point of sale");
  registry.set("point-of-sale", construct);
  onTestFinished(() => void registry.set("point-of-sale", before));
  try {
    renderWorkloads(sampleFleet);
    return undefined;
  } catch (error) {
    return error;
  }
}

class Broken extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    (undefined as unknown as { price: () => void }).price(); // here
  }
}

test("an exception names the workload, the ring and its line", () => {
  const error = renderWith(Broken as unknown as WorkloadConstruct);
  expect(error).toBeInstanceOf(ConstructError);
  const { message, cause } = error as ConstructError;
  expect(message).toMatch(/^workload point-of-sale, ring \w+: TypeError: Cannot read properties/);
  const text = readFileSync(join(import.meta.dirname, "construct-mistakes.test.ts"), "utf8");
  const line = text.split("\n").findIndex((each) => each.endsWith("// here")) + 1;
  expect(sourcePlace(cause)).toMatchObject({
    file: "test/gitops/workloads/construct-mistakes.test.ts",
    line,
  });
});

test("a thrown value that is not an Error has the place of the declaration", () => {
  class Odd extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      // eslint-disable-next-line no-throw-literal
      throw "a text";
    }
  }
  const error = renderWith(Odd as unknown as WorkloadConstruct);
  expect((error as Error).message).toMatch(
    /point-of-sale, ring \w+: a text was thrown\. Throw an Error instead, so that its line is shown\.$/,
  );
  expect(sourcePlace((error as ConstructError).cause)).toBeUndefined();
});

const throwing = (value: unknown) =>
  class extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      throw value;
    }
  } as unknown as WorkloadConstruct;

const evil = () => {
  throw new Error("evil");
};
const odd = new Proxy(new Error("odd"), { get: evil, getPrototypeOf: evil });
const badMessage = Object.defineProperty(new Error("bad"), "message", { get: evil });
const badStack = Object.defineProperty(new Error("bad stack"), "stack", { get: evil });
const loop = new Error("loop");
loop.cause = loop;

test.each([
  ["a text", "a text was thrown"],
  [undefined, "undefined was thrown"],
  [Symbol("s"), "Symbol(s) was thrown"],
  [Object.create(null), "a value of the type object was thrown"],
  [odd, "a value of the type object was thrown"],
  [badMessage, "a value of the type object was thrown"],
  [badStack, "Error: bad stack"],
  [new Error("outer", { cause: new Error("inner") }), "Error: outer (cause: Error: inner)"],
  [new AggregateError([new Error("a"), new Error("b")], "all"), "(cause: Error: a; Error: b)"],
  [loop, "Error: loop (cause: Error: loop"],
])("whatever is thrown, the report names the workload: case %#", (value, said) => {
  const lines: string[] = [];
  const session = { progress: (line: string) => void lines.push(line), out() {}, environment: {} };
  expect(reportError(renderWith(throwing(value)), session, { json: false, verbose: true })).toBe(1);
  expect(lines[0]).toMatch(/workload point-of-sale, ring \w+: /);
  expect(lines[0]).toContain(said);
});

test("what a validation of a construct refuses is reported where the workload is declared", () => {
  class Invalid extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      this.node.addValidation({ validate: () => ["too dear"] });
    }
  }
  const { message, cause } = renderWith(Invalid as unknown as WorkloadConstruct) as ConstructError;
  expect(message).toContain("too dear");
  const declared = { file: "fleet.yaml", line: 1, column: 1 };
  expect(sourcePlace(cause, declared)).toEqual(declared);
  // The line of cdk8s that throws it says nothing.
  expect(sourcePlace(cause)).toBeUndefined();
});

class Root extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const level = "pod-security.kubernetes.io/enforce";
    new ApiObject(this, "n", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "point-of-sale", labels: { [level]: "baseline" } },
    });
    new ApiObject(this, "p", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "My_P", namespace: "point-of-sale" },
      spec: { hostNetwork: true, containers: [{ name: "A_1", imagePullPolice: "Always" }] },
    });
  }
}

test("an object that Kubernetes would refuse is named, with its field", () => {
  const error = renderWith(Root as unknown as WorkloadConstruct);
  expect(error).toBeInstanceOf(InputError);
  const messages = (error as InputError).mistakes.map(formatMistake);
  expect(messages).toContainEqual(
    expect.stringMatching(
      /workloads\.point-of-sale: Pod My_P \(ring \w+\): spec\.containers\.0\.imagePullPolice: unknown field "imagePullPolice"\. Did you mean imagePullPolicy\?$/,
    ),
  );
  expect(messages.join("\n")).toMatch(/metadata\.name: found "My_P"\. Write lower-case letters/);
  expect(messages.join("\n")).toMatch(/spec\.containers\.0\.name: found "A_1"\. Write at most 63/);
  expect(messages.join("\n")).toMatch(
    /spec\.hostNetwork: pod security baseline: hostNetwork must not/,
  );
});

test.each([
  ["one text that overflows the writer", { a: "x".repeat(3_000_000) }],
  ["texts in total", { a: "x".repeat(800_000), b: "x".repeat(800_000) }],
])("an object that no API server stores is refused: %s", (_title, data) => {
  class Large extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      new ApiObject(this, "large", {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "large" },
        data,
      } as never);
    }
  }
  const error = renderWith(Large as unknown as WorkloadConstruct);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).mistakes.map(formatMistake)[0]).toMatch(
    /workloads\.point-of-sale: ConfigMap large \(ring \w+\): this object is longer than 1\.5 MiB, which Kubernetes does not store\. Write less, or several objects\.$/,
  );
});

test("a Secret that the fleet file declares is refused", () => {
  class Login extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      for (const name of ["login", "other"]) {
        new ApiObject(this, name, { apiVersion: "v1", kind: "Secret", metadata: { name } });
      }
    }
  }
  const [workload = expect.fail()] = sampleFleet.workloads;
  const declared = { ...workload, secrets: [{ name: "login", from: "api" }] };
  const constructs = new Map([[workload.name, Login as unknown as WorkloadConstruct]]);
  const props = { rings: ["early"], workloads: [declared], constructs };
  const render = () => renderWorkloads({ ...sampleFleet, ...props });
  expect(render).toThrow(
    /: Secret login \(ring early\): metadata\.name: secrets \(login\) has a Secret of this name, and the two would replace each other\. Give one of them another name, or delete one\.$/,
  );
});
