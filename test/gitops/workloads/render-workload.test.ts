/** What a test of a user's workload sees is what a fleet with it gets, with the same mistakes. */
import { ApiObject, Chart } from "cdk8s";
import { Construct } from "constructs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { workloads } from "../../../gitops/workloads/index.ts";
import { renderWorkload } from "../../../gitops/workloads/render-workload.ts";
import { renderWorkloads } from "../../../gitops/workloads/render.ts";
import { Namespace } from "../../../gitops/kubernetes/namespace.ts";
import { KubePod } from "../../../gitops/imports/k8s.ts";
import { sampleFleet } from "../../sample.ts";

test.each([...workloads])("%s has the objects that a device gets", (name, WorkloadClass) => {
  const [ring = "", version = ""] = [
    ...(sampleFleet.workloads.find((each) => each.name === name)?.versions ?? []),
  ][0] ?? ["canary", "1.0.0"];
  const workload = { name, selector: {}, versions: new Map([[ring, version]]) };
  const { files } = renderWorkloads({ ...sampleFleet, workloads: [workload], rings: [ring] });
  const objects = renderWorkload(WorkloadClass, { namespace: name, ring, version });
  const byKind = (values: readonly { readonly kind: string }[]) =>
    values.toSorted((one, other) => one.kind.localeCompare(other.kind));
  expect(byKind(objects)).toEqual(byKind(files.map(([, text]) => parse(text))));
  expect(objects.map(({ kind }) => kind)).toContain("NetworkPolicy");
});

class Board extends Construct {
  static readonly values = z.strictObject({
    image: z.string().default("board"),
    replicas: z.int().min(1).optional(),
    runAsRoot: z.boolean().default(false),
  });

  constructor(scope: Construct, id: string, props: z.output<typeof Board.values>) {
    super(scope, id);
    new Namespace(this, "namespace", { name: "board", podSecurity: "restricted" });
    new KubePod(this, "pod", {
      metadata: { name: "board", namespace: "board" },
      spec: {
        securityContext: {
          runAsNonRoot: !props.runAsRoot,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "board",
            image: props.image,
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
            },
          },
        ],
      },
    });
  }
}

const props = { namespace: "board", ring: "canary", version: "1.0" };

test("values have their defaults, and reach the class", () => {
  const image = (values?: object) =>
    renderWorkload(Board, { ...props, ...(values && { values: { ...values } }) })
      .filter(({ kind }) => kind === "Pod")
      .map((pod) => JSON.parse(JSON.stringify(pod)).spec.containers[0].image);
  expect([image(), image({ image: "other:2" })]).toEqual([["board"], ["other:2"]]);
});

test.each([
  [
    { replicas: 0 },
    "fleet.yaml: workloads.board.values.replicas: 0 is too small. Write at least 1.",
  ],
  [
    { imag: "x", replicas: "2" },
    'fleet.yaml: workloads.board.values.replicas: found "2". Write a number.\n' +
      'fleet.yaml: workloads.board.values.imag: unknown key "imag". Did you mean image?',
  ],
])("values %j are refused in the words for a fleet file", (values, message) => {
  expect(() => renderWorkload(Board, { ...props, values })).toThrow(message);
});

const circular: Record<string, unknown> = {};
circular["self"] = circular;
class Price {
  readonly euros = 5;
}

/** What JSON and YAML do not have, and the message without its path. */
const unwritable: readonly (readonly [what: string, value: unknown, message: string])[] = [
  ["bigint", 1n, ": found a bigint, which JSON and YAML do not have. Write a number, or text."],
  ["NaN", Number.NaN, ": found NaN, which JSON and YAML do not have. Write a number."],
  ["Infinity", -Infinity, ": found -Infinity, which JSON and YAML do not have. Write a number."],
  ["function", () => 5, ": found a function, which JSON and YAML do not have. Write its result."],
  ["symbol", Symbol("a"), ": found a symbol, which JSON and YAML do not have. Write text."],
  ["Map", new Map(), ": found a value of the class Map, which JSON and YAML do not have. Write an"],
  ["Set", new Set(), ": found a value of the class Set, which JSON and YAML do not have. Write a "],
  ["Date", new Date(0), ": found a value of the class Date, which JSON and YAML do not have. Writ"],
  ["class", new Price(), ": found a value of the class Price, which JSON and YAML do not have. Wr"],
  ["circular", circular, ".self: found an object that contains itself, which JSON and YAML do not"],
  ["hole", [undefined], ".0: found nothing, which JSON and YAML do not have. Write null, or omit"],
];

test.each(unwritable)("a value that no fleet file can have is refused: %s", (_, value, message) => {
  for (const [values, path] of [
    [{ image: value }, "image"],
    [{ image: { list: [1, value] } }, "image.list.1"],
  ] as const) {
    expect(() => renderWorkload(Board, { ...props, values })).toThrow(
      `fleet.yaml: workloads.board.values.${path}${message}`,
    );
  }
});

test.each(unwritable)("so is an object with one: %s", (_, value, message) => {
  class Lamp extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      const metadata = { name: "a" };
      new ApiObject(this, "lamp", {
        apiVersion: "example.com/v1",
        kind: "Lamp",
        metadata,
        spec: { is: { on: value } },
      });
    }
  }
  let found = "";
  try {
    renderWorkload(Lamp, props);
  } catch (error) {
    found = (error as Error).message;
  }
  // cdk8s drops functions and symbols, and refuses objects of classes itself.
  const said = [
    `fleet.yaml: workloads.board: Lamp a (ring canary): spec.is.on${message}`,
    "Failed serializing construct at path 'board/workload/lamp' with name 'a': ",
  ];
  expect([found, said.some((each) => found.startsWith(each))]).toEqual([found, true]);
});

test("values can have what JSON can have", () => {
  const values = { image: "a", replicas: undefined, runAsRoot: false };
  expect(renderWorkload(Board, { ...props, values })).toHaveLength(3);
  expect(() => renderWorkload(Board, { ...props, values: new Map() as never })).toThrow(
    "fleet.yaml: workloads.board.values: found a value of the class Map, which",
  );
});

test.each([
  [undefined, "renderWorkload: props: found nothing in place of the props. Write an object with n"],
  ["board", "renderWorkload: props: found text in place of the props. Write an object with namesp"],
  [{}, 'renderWorkload: props: "namespace" is missing. Write it here.'],
  [{ ...props, namespace: "Board" }, 'renderWorkload: props.namespace: "Board" is not a valid'],
  [{ ...props, version: 1.1 }, 'props.version: found 1.1. Write text, in quotes: "1.1".'],
  [{ ...props, ring: 5 }, 'renderWorkload: props.ring: found 5. Write text, in quotes: "5".'],
  [{ ...props, agentImage: 5 }, "renderWorkload: props.agentImage: found 5. Write text"],
])("the props %j are refused", (given, message) => {
  expect(() => renderWorkload(Board, given as never)).toThrow(message);
});

test.each([undefined, null, {}, "Board", () => Board])(
  "%o is not a workload's class",
  (WorkloadClass) => {
    expect(() => renderWorkload(WorkloadClass as never, props)).toThrow(
      /^renderWorkload: found .* in place of a workload\. Write its class: a construct that takes/,
    );
  },
);

test("what Kubernetes would refuse is refused", () => {
  const values = { runAsRoot: true };
  expect(() => renderWorkload(Board, { ...props, values })).toThrow(
    /^fleet\.yaml: workloads\.board: Pod board \(ring canary\): .*runAsNonRoot/,
  );
});

test("an exception of the class stays as it is", () => {
  class Broken extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      throw new RangeError("no room");
    }
  }
  expect(() => renderWorkload(Broken, props)).toThrow(new RangeError("no room"));
});

const configMap = (scope: Construct, id: string, name: string, namespace?: string) =>
  new ApiObject(scope, id, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  });
const namesOf = (objects: readonly { kind: string; metadata: { name: string } }[]) =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

test("a workload that is a chart, or has charts in it, has all their objects", () => {
  class Charts extends Chart {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      configMap(this, "a", "a");
      configMap(new Chart(new Chart(this, "inner"), "innermost"), "b", "b");
    }
  }
  const objects = renderWorkload(Charts, props);
  expect(namesOf(objects)).toEqual([
    "Namespace board",
    "ConfigMap a",
    "ConfigMap b",
    "NetworkPolicy default",
  ]);
  expect(objects[0]?.metadata.labels).toMatchObject({
    "pod-security.kubernetes.io/enforce": "restricted",
  });
});

test("an object that comes when all are taken throws where it is made", async () => {
  let late: () => void = () => {};
  class Late extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      late = () => void configMap(this, "late", "late");
    }
  }
  renderWorkload(Late, props);
  expect(late).toThrow(/Cannot add children/);
});

test.each([
  ["board", "a", "a", /ConfigMap a \(ring canary\): the workload has two of this name/],
  [
    "kube-system",
    "a",
    "b",
    /metadata\.namespace: found "kube-system"\. The workload's namespace is board/,
  ],
])(
  "an object at the wrong place, or twice, is refused: %s %s %s",
  (namespace, one, other, message) => {
    class Wrong extends Construct {
      constructor(scope: Construct, id: string) {
        super(scope, id);
        configMap(this, "one", one, "board");
        configMap(this, "other", other, namespace);
      }
    }
    expect(() => renderWorkload(Wrong, props)).toThrow(message);
  },
);

test("another namespace is refused", () => {
  class Other extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      new Namespace(this, "namespace", { name: "other", podSecurity: "restricted" });
    }
  }
  expect(() => renderWorkload(Other, props)).toThrow(
    /Namespace other .* found "other"\. The workload's namespace is board/,
  );
});

const object = (
  scope: Construct,
  apiVersion: string,
  kind: string,
  metadata: { name: string; namespace?: string },
) => new ApiObject(scope, `${kind}-${metadata.name}`, { apiVersion, kind, metadata });

test("objects get the workload's namespace, unless their kind has none", () => {
  class Plain extends Construct {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      object(this, "v1", "ConfigMap", { name: "a" });
      object(this, "example.com/v1", "Lamp", { name: "b" });
      object(this, "gateway.networking.k8s.io/v1", "GatewayClass", { name: "c" });
      // `namespace` of a cdk8s chart is written into all of its objects.
      object(this, "rbac.authorization.k8s.io/v1", "ClusterRole", {
        name: "d",
        namespace: "board",
      });
    }
  }
  const objects = renderWorkload(Plain, props).slice(1, -1);
  expect(objects.map(({ metadata: { name, namespace } }) => [name, namespace])).toEqual([
    ["a", "board"],
    ["b", "board"],
    ["c", undefined],
    ["d", undefined],
  ]);
});
