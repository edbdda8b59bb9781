/** What plain JavaScript gives to the functions for workloads is refused with the name of the function. */
import * as plus from "cdk8s-plus-27";
import { Construct } from "constructs";
import { expect, test } from "vitest";
import * as gitops from "../../../gitops/index.ts";
import { renderWorkload } from "../../../gitops/workloads/render-workload.ts";
import {
  finishPods,
  objectLabels,
  podLabels,
  resources,
} from "../../../gitops/workloads/workload.ts";

const props = { namespace: "kiosk", ring: "canary", version: "1.0" };
const labels = podLabels(props);
const container = { image: "kiosk", portNumber: 80, securityContext: { user: 100 } };

/** The objects of a Deployment that this finishes. */
function deployed(work: (deployment: plus.Deployment) => void, own: plus.DeploymentProps = {}) {
  class Kiosk extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      work(new plus.Deployment(this, "web", { containers: [container], ...own }));
    }
  }
  return renderWorkload(Kiosk, props);
}

test.each([{}, { select: false }, { initContainers: [container] }])(
  "finishPods changes nothing when it is called again: %j",
  (own) => {
    const once = deployed((deployment) => finishPods(deployment, labels), own);
    const twice = deployed((deployment) => {
      finishPods(deployment, labels);
      finishPods(deployment, { ...labels });
    }, own);
    expect(twice).toEqual(once);
  },
);

const again =
  "kiosk/workload/web: finishPods: it was called before, and the labels or the containers were others. Call it once, after the last addContainer.";

test.each<readonly [what: string, between: (deployment: plus.Deployment) => void, own: object]>([
  ["other labels", () => {}, { ...labels, tier: "web" }],
  [
    "another container",
    (deployment) => deployment.addContainer({ ...container, name: "b" }),
    labels,
  ],
  [
    "another first container",
    (deployment) => deployment.addInitContainer({ ...container, name: "b" }),
    labels,
  ],
])("finishPods is refused with %s than before", (_, between, own) => {
  expect(() =>
    deployed((deployment) => {
      finishPods(deployment, labels);
      between(deployment);
      finishPods(deployment, own as never);
    }),
  ).toThrow(again);
});

test.each([
  [undefined, '"labels" is missing. Write it here.'],
  [null, "found nothing. Write a mapping."],
  ["kiosk", 'found "kiosk". Write a mapping.'],
  [[], "found a list. Write a mapping."],
  [{}, "there are no labels, and they select the pods. Write podLabels(props)."],
  [new Map([["a", "b"]]), "found a value of the class Map. Write a mapping."],
])("finishPods refuses the labels %j", (own, message) => {
  expect(() => deployed((deployment) => finishPods(deployment, own as never))).toThrow(
    `kiosk/workload/web: finishPods: ${message}`,
  );
});

test("finishPods names a label that is not text", () => {
  expect(() => deployed((deployment) => finishPods(deployment, { tier: 5 } as never))).toThrow(
    'kiosk/workload/web: finishPods.tier: found 5. Write text, in quotes: "5".',
  );
});

test("finishPods needs a workload", () => {
  const remedy = "Write a Deployment, StatefulSet, DaemonSet, Job or CronJob.";
  for (const [value, found] of [
    [undefined, "nothing"],
    ["web", "text"],
    [{}, "a mapping"],
  ] as const) {
    expect(() => finishPods(value as never, labels)).toThrow(
      `finishPods: found ${found} in place of a workload of cdk8s-plus-27. ${remedy}`,
    );
  }
  expect(() =>
    deployed((deployment) => finishPods(deployment.node.scope as never, labels)),
  ).toThrow(`finishPods: found kiosk/workload in place of a workload of cdk8s-plus-27. ${remedy}`);
});

const wrongProps: readonly (readonly [work: (value: never) => unknown, message: string])[] = [
  [objectLabels, "objectLabels: props"],
  [podLabels, "podLabels: props"],
];
test.each(wrongProps)("%o needs props", (work, message) => {
  for (const value of [undefined, null, "kiosk", {}, [], { namespace: 5, ring: "a" }]) {
    expect(() => work(value as never)).toThrow(message);
  }
  expect(work(props as never)).toMatchObject({ "app.kubernetes.io/name": "kiosk" });
});

test.each([
  [[undefined, [1, 2]], 'resources: cpuMillis: "cpuMillis" is missing. Write it here.'],
  [[[1, 2]], 'resources: memoryMebibytes: "memoryMebibytes" is missing. Write it here.'],
  [[[1], [1, 2]], "resources: cpuMillis: this is not a list of two numbers. Write [request,"],
  [["20m", [1, 2]], "resources: cpuMillis: this is not a list of two numbers. Write [request,"],
  [
    [
      [20, 500, 1],
      [1, 2],
    ],
    "resources: cpuMillis: this is not a list of two numbers. Write",
  ],
  [
    [
      ["20", "500"],
      [1, 2],
    ],
    'resources: cpuMillis.0: found "20". Write a number.',
  ],
  [
    [
      [Number.NaN, 500],
      [1, 2],
    ],
    "resources: cpuMillis.0: found NaN",
  ],
  [
    [
      [20, 500],
      [-1, 2],
    ],
    "resources: memoryMebibytes.0: -1 is too small. Write more than 0.",
  ],
  [
    [
      [500, 20],
      [1, 2],
    ],
    "resources: cpuMillis: the request is above the limit. Write [request, li",
  ],
])("resources refuses %j", (all, message) => {
  expect(() => resources(...(all as unknown as Parameters<typeof resources>))).toThrow(message);
});

test("every function that is exported is checked here, or in test/gitops/arguments.test.ts", () => {
  const functions = Object.entries(gitops)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name))
    .map(([name]) => name);
  const here = ["finishPods", "objectLabels", "podLabels", "renderWorkload", "resources"];
  const there = ["inNamespace", "inNamespaces", "tcpPorts", "udpPort"];
  // They take what Flotilla's own functions return, or nothing.
  const others = ["gitSource", "hubCloud", "namePorts", "parseAddons"];
  expect(functions.toSorted()).toEqual([...here, ...there, ...others].toSorted());
});
