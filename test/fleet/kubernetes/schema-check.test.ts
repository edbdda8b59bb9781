/** What Kubernetes' schemas refuse: a table of cases, and a comparison with the real kubeconform. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schemaProblems } from "../../../fleet/kubernetes/schema-check.ts";
import { checkedMinors } from "../../../fleet/kubernetes/schemas.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { peerPath } from "../../peers/peers.ts";

const kubeconform = peerPath("kubeconform-0.7.0");
const schemas = peerPath("manifest-schemas-2");
const missing = kubeconform === undefined || schemas === undefined;
const reason = missing ? " (SKIPPED: no kubeconform or no schemas; run test/peers/build.sh)" : "";

type TypedObject = Parameters<typeof schemaProblems>[0];

function problems(yaml: string, minors?: readonly string[]): readonly string[] {
  const object = parseSource("f", yaml).value as TypedObject;
  return schemaProblems(object, minors).map(
    ({ path, message, isNote }) => `${isNote ? "note " : ""}${path.join(".")}: ${message}`,
  );
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  replicas: 2
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: a } }
    spec:
      containers:
        - name: a
          image: a:1
          ports: [{ containerPort: 80 }]
          resources: { limits: { cpu: 1, memory: 64Mi } }
          readinessProbe: { httpGet: { path: /, port: http } }
`;

describe("a quantity", () => {
  const memory = (value: string) => problems(deployment.replace("64Mi", value));

  test.each(
    "1 0 -1 +1 1.5 .5 1. 100m 64Mi 1Gi 1.5Gi 1e3 1E3 1e-3 1E 5k 5n 5u 2T '1' '100m'".split(" "),
  )("%s is valid", (value) => expect(memory(value)).toEqual([]));

  test.each([
    "64Mb",
    "100x",
    "1gi",
    "1 Gi",
    "1ki",
    "1K",
    "'0x10'",
    "1e",
    "''",
    "'1,5'",
    "Gi",
    "1GiB",
    "1m m",
    "∞",
  ])("%s is refused", (value) => {
    const place = "spec.template.spec.containers.0.resources.limits.memory";
    const [found = "", ...more] = memory(value);
    expect(found).toMatch(`${place}: found "`);
    expect(found).toContain(". Write a quantity, like 100m or 64Mi.");
    expect(more).toEqual([]);
  });
});

describe("base64", () => {
  const secret = (data: string) =>
    problems(`{ apiVersion: v1, kind: Secret, metadata: { name: a }, data: ${data} }`);
  const configMap = (data: string) =>
    problems(`{ apiVersion: v1, kind: ConfigMap, metadata: { name: a }, binaryData: ${data} }`);

  test.each([
    "{}",
    "null",
    "{ a: '' }",
    "{ a: YQ== }",
    "{ a: null, b: YWI= }",
    '{ a: "YW\\nI=\\n" }',
  ])("%s is valid", (data) => {
    expect(secret(data)).toEqual([]);
    expect(configMap(data)).toEqual([]);
  });

  test.each(["hunter2!", "YQ", "YQ=", "Y=Q=", "YQ==YQ==", "Y Q=", "Yg-_", "YWJ"])(
    "%s is refused, and not quoted",
    (text) => {
      expect(secret(`{ a: "${text}" }`)).toEqual([
        "data.a: this is not base64. Write it in base64, or the text itself under stringData.",
      ]);
      expect(configMap(`{ a: "${text}" }`)).toEqual([
        "binaryData.a: this is not base64. Write it in base64, or the text itself under data.",
      ]);
    },
  );
});

describe("one problem", () => {
  test.each([
    ["replicas: 2", 'replicas: "2"', 'spec.replicas: found "2". Write a whole number.'],
    ["replicas: 2", "replica: 2", 'spec.replica: unknown field "replica". Did you mean replicas?'],
    [
      "image: a:1",
      "image: 1",
      'spec.template.spec.containers.0.image: found 1. Write text, in quotes: "1".',
    ],
    [
      "image: a:1",
      "imgae: a:1",
      'spec.template.spec.containers.0.imgae: unknown field "imgae". Did you mean image?',
    ],
    [
      "- name: a\n",
      "- tty: true\n",
      'spec.template.spec.containers.0.name: "name" is missing. Write it here.',
    ],
    [
      "  selector: { matchLabels: { app: a } }\n",
      "",
      'spec.selector: "selector" is missing. Write it here.',
    ],
    [
      "app: a } }\n  temp",
      "app: 1 } }\n  temp",
      'spec.selector.matchLabels.app: found 1. Write text, in quotes: "1".',
    ],
    [
      "ports: [{ containerPort: 80 }]",
      "ports: { containerPort: 80 }",
      "spec.template.spec.containers.0.ports: found a mapping. Write a list.",
    ],
    [
      "memory: 64Mi",
      "memory: true",
      "spec.template.spec.containers.0.resources.limits.memory: found true. Write a quantity, like 100m or 64Mi.",
    ],
    [
      "kind: Deployment",
      "kind: Deploymnet",
      'kind: unknown kind "Deploymnet" in apps/v1. Did you mean Deployment?',
    ],
    [
      "apps/v1",
      "apps/v1beta1",
      "apiVersion: Kubernetes 1.36 has no Deployment in apps/v1beta1. Write apps/v1.",
    ],
    ["apps/v1", "v1", "apiVersion: Kubernetes 1.36 has no Deployment in v1. Write apps/v1."],
    [
      "apps/v1",
      "extensions/v1beta1",
      "apiVersion: Kubernetes 1.36 has no Deployment in extensions/v1beta1. Write apps/v1.",
    ],
    [
      "apiVersion: apps/v1\nkind: Deployment",
      "apiVersion: appz/v1\nkind: Board",
      'apiVersion: unknown API group "appz". Did you mean apps?',
    ],
    [
      "apiVersion: apps/v1",
      "apiVersion: example.com/v1",
      "note kind: example.com/v1 Deployment is not a kind of Kubernetes, and is not checked.",
    ],
    [
      "apiVersion: apps/v1\nkind: Deployment",
      "apiVersion: networking.k8s.oi/v1\nkind: Ingress",
      "apiVersion: Kubernetes 1.36 has no Ingress in networking.k8s.oi/v1. Write networking.k8s.io/v1.",
    ],
  ])("%s -> %s", (from, to, problem) => {
    expect(deployment).toContain(from);
    expect(problems(deployment.replace(from, to))).toEqual([problem]);
  });

  test("is not reported for valid objects, or for a field that is null", () => {
    expect(problems(deployment)).toEqual([]);
    expect(problems(deployment.replace("replicas: 2", "paused:"))).toEqual([]);
  });
});

describe("problems in the Kubernetes versions that devices run", () => {
  const withField = (text: string) =>
    deployment.replace("      containers:", `      ${text}\n      containers:`);
  const policy =
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\nmetadata: { name: a }\n";
  const beta = policy
    .replace("io/v1", "io/v1beta1")
    .replace("MutatingAdmissionPolicy", "ValidatingAdmissionPolicy");
  const spec = "spec.template.spec";
  test.each([
    ["a field of all versions", deployment, ["1.33", "1.36"], []],
    ["a field that is new in 1.34", withField("hostnameOverride: a"), ["1.34", "1.36"], []],
    [
      "a field that is newer than one of them",
      withField("hostnameOverride: a"),
      ["1.33", "1.36"],
      [
        `${spec}.hostnameOverride: Kubernetes 1.33: unknown field "hostnameOverride". Known fields: activeDeadlineSeconds, affinity, automountServiceAccountToken, containers, dnsConfig, dnsPolicy, enableServiceLinks, ephemeralContainers, hostAliases, hostIPC, hostNetwork, hostPID, …`,
      ],
    ],
    [
      "a field that only 1.35 has",
      withField("workloadRef: { name: a, podGroup: b }"),
      ["1.35"],
      [],
    ],
    [
      "a field that was removed",
      withField("workloadRef: { name: a, podGroup: b }"),
      ["1.35", "1.36"],
      [
        `${spec}.workloadRef: unknown field "workloadRef". Known fields: activeDeadlineSeconds, affinity, automountServiceAccountToken, containers, dnsConfig, dnsPolicy, enableServiceLinks, ephemeralContainers, hostAliases, hostIPC, hostNetwork, hostPID, …`,
      ],
    ],
    [
      "a mistake in all versions",
      withField("hostNetwork: 1"),
      ["1.33", "1.34", "1.35", "1.36"],
      [`${spec}.hostNetwork: found 1. Write true or false.`],
    ],
    ["a kind that is new in 1.36", policy, ["1.36"], []],
    [
      "a kind that is newer than one of them",
      policy,
      ["1.35", "1.36"],
      [
        "apiVersion: Kubernetes 1.35 has no MutatingAdmissionPolicy in admissionregistration.k8s.io/v1. Write admissionregistration.k8s.io/v1beta1.",
      ],
    ],
    ["a version that 1.33 has", beta, ["1.33"], []],
    [
      "a version that was removed",
      beta,
      ["1.33", "1.34"],
      [
        "apiVersion: Kubernetes 1.34 has no ValidatingAdmissionPolicy in admissionregistration.k8s.io/v1beta1. Write admissionregistration.k8s.io/v1.",
      ],
    ],
    [
      "a custom resource",
      "apiVersion: a.example/v1\nkind: B\n",
      ["1.33", "1.36"],
      ["note kind: a.example/v1 B is not a kind of Kubernetes, and is not checked."],
    ],
  ])("%s", (_, yaml, minors, expected) => {
    expect(problems(yaml, minors)).toEqual(expected);
  });

  test.each([
    [["v1.36.4+k3s1"], ["1.36"]],
    [
      ["v1.36.4+k3s1", "v1.34.1+k3s1", "v1.34.9+k3s2"],
      ["1.34", "1.36"],
    ],
    // These have no schemas: the nearest ones are used, and a note says so.
    [["v1.37.0+k3s1"], ["1.36"]],
    [["v2.0.0+k3s1"], ["1.36"]],
    [["v1.9.0+k3s1"], ["1.33"]],
    [["latest"], []],
  ])("%j: the schemas of %j", (releases, minors) => {
    expect(checkedMinors(releases)).toEqual(minors);
  });
});

const samples: readonly object[] = [
  parseSource("f", deployment).value as object,
  parseSource(
    "f",
    deployment.replace("      containers:", "      hostnameOverride: a\n      containers:"),
  ).value as object,
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { schedulingGroup: { podGroupName: "a" }, containers: [{ name: "a" }] },
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", labels: { b: "c" } },
    data: { d: "e" },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "a" },
    spec: { selector: { a: "b" }, ports: [{ port: 80, targetPort: "http", protocol: "TCP" }] },
  },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "a" },
    spec: {
      schedule: "* * * * *",
      jobTemplate: {
        spec: {
          template: { spec: { restartPolicy: "Never", containers: [{ name: "a", tty: true }] } },
        },
      },
    },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "a" },
    spec: {
      podSelector: {},
      egress: [{ ports: [{ port: 53, endPort: 54 }], to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }],
    },
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: "a" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  },
];

/** Every field and item of an object. */
function placesIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) => placesIn(item, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

const mutation = fc.record({
  sample: fc.nat(samples.length - 1),
  place: fc.nat(),
  change: fc.constantFrom("text", "number", "half", "true", "list", "mapping", "unknown", "delete"),
});

function mutated({
  sample,
  place,
  change,
}: {
  sample: number;
  place: number;
  change: string;
}): object {
  const object = structuredClone(samples[sample] ?? {}) as Record<string, unknown>;
  const places = placesIn(object).filter(([first]) => first !== "apiVersion" && first !== "kind");
  const path = places[place % places.length] ?? [];
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((inner, key) => inner[key] as Record<string, unknown>, object);
  const key = path.at(-1) ?? "";
  const values: Record<string, unknown> = {
    text: "x",
    number: 7,
    half: 1.5,
    true: true,
    list: ["x"],
    mapping: { x: "y" },
  };
  if (change === "delete") {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  } else if (change === "unknown") {
    if (Array.isArray(parent)) parent.push({ neverKnown: 1 });
    else parent["neverKnown"] = 1;
  } else parent[key] = values[change];
  return object;
}

test.skipIf(missing).each(["1.34.4", "1.36.3"])(`as kubeconform for %s${reason}`, (version) => {
  const objects = fc.sample(mutation, { numRuns: 600, seed: 13 }).map(mutated);
  const input = objects.map((object) => JSON.stringify(object)).join("\n---\n");
  const location = `${schemas}/${version}/{{.ResourceKind}}{{.KindSuffix}}.json`;
  const args = ["-strict", "-kubernetes-version", version, "-schema-location", location];
  const run = spawnSync(
    kubeconform ?? "",
    [...args, "-output", "json", "-verbose", "-n", "1", "-"],
    {
      input,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    },
  );
  const { resources } = JSON.parse(run.stdout) as { resources: { status: string; msg: string }[] };
  expect(resources).toHaveLength(objects.length);
  const differing = objects.flatMap((object, index) => {
    const theirs = resources[index]?.status === "statusValid";
    // In the schemas that kubeconform reads, a quantity is any text or number.
    const ours = schemaProblems(object as TypedObject, checkedMinors([`v${version}+k3s1`])).filter(
      ({ message }) => !/^found "x"\. Write a quantity|^this is not base64/.test(message),
    );
    if (theirs === (ours.length === 0)) return [];
    return [{ object: JSON.stringify(object), theirs: resources[index], ours }];
  });
  expect(differing).toEqual([]);
  expect(resources.filter(({ status }) => status === "statusValid").length).toBeGreaterThan(50);
});
