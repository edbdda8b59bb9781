/** Changes that Kubernetes refuses: the plan names them, and a real API server refuses them. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatRootKey, parseRootKey } from "../../../fleet/keys/root-key.ts";
import { mergeValues, type Values } from "../../../fleet/model/values.ts";
import { refusedFields } from "../../../cli/plan/immutable-fields.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../hub/api-server.ts";
import { sampleFleet } from "../../sample.ts";
import { isolateGit } from "../publish/state-repository.ts";
import { fleetText, workplace } from "./workplace.ts";

isolateGit();

const pod = "{ containers: [{ name: a, image: x }] }";
const template = `{ metadata: { labels: { app: a } }, spec: ${pod} }`;
const claim = "accessModes: [ReadWriteOnce], resources: { requests: { storage: 10Gi } }";
const objects = {
  Deployment: `apiVersion: apps/v1
spec: { selector: { matchLabels: { app: a } }, template: ${template} }`,
  DaemonSet: `apiVersion: apps/v1
spec: { selector: { matchLabels: { app: a } }, template: ${template} }`,
  StatefulSet: `apiVersion: apps/v1
spec:
  serviceName: a
  selector: { matchLabels: { app: a } }
  template: ${template}
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { ${claim} } }]`,
  Job: `apiVersion: batch/v1
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: x }] } } }`,
  CronJob: `apiVersion: batch/v1
spec:
  schedule: "1 * * * *"
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: x }] } } } }`,
  PersistentVolumeClaim: `apiVersion: v1\nspec: { ${claim} }`,
  Service: "apiVersion: v1\nspec: { selector: { app: a }, ports: [{ port: 80 }] }",
  Secret: "apiVersion: v1\ntype: Opaque\nstringData: { a: one }",
  ConfigMap: "apiVersion: v1\ndata: { a: one }",
  RoleBinding: `apiVersion: rbac.authorization.k8s.io/v1
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }`,
  ClusterRoleBinding: `apiVersion: rbac.authorization.k8s.io/v1
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }`,
  StorageClass:
    "apiVersion: storage.k8s.io/v1\nprovisioner: example.com/a\nparameters: { type: a }",
  PriorityClass: "apiVersion: scheduling.k8s.io/v1\nvalue: 7",
  IngressClass: "apiVersion: networking.k8s.io/v1\nspec: { controller: example.com/a }",
  RuntimeClass: "apiVersion: node.k8s.io/v1\nhandler: a",
} as const;

interface Change {
  readonly kind: keyof typeof objects;
  /** What is written over it. */
  readonly over: string;
  /** What Kubernetes refuses of that. */
  readonly refused: readonly string[];
  /** What was written over it before. */
  readonly earlier: string;
}

const table: readonly (readonly [Change["kind"], string, readonly string[], string?])[] = [
  [
    "Deployment",
    "spec: { selector: { matchLabels: { tier: b } }, template: { metadata: { labels: { tier: b } } } }",
    ["spec.selector"],
  ],
  [
    "Deployment",
    "spec: { replicas: 3, template: { spec: { containers: [{ name: a, image: y }] } } }",
    [],
  ],
  [
    "DaemonSet",
    "spec: { selector: { matchLabels: { tier: b } }, template: { metadata: { labels: { tier: b } } } }",
    ["spec.selector"],
  ],
  ["DaemonSet", "spec: { template: { spec: { containers: [{ name: b, image: y }] } } }", []],
  ["StatefulSet", "spec: { serviceName: b }", ["spec.serviceName"]],
  ["StatefulSet", "spec: { podManagementPolicy: Parallel }", ["spec.podManagementPolicy"]],
  ["StatefulSet", "spec: { podManagementPolicy: OrderedReady }", []],
  [
    "StatefulSet",
    `spec: { volumeClaimTemplates: [{ metadata: { name: data }, spec: { ${claim.replace("10Gi", "20Gi")} } }] }`,
    ["spec.volumeClaimTemplates"],
  ],
  [
    "StatefulSet",
    `spec: { volumeClaimTemplates: [{ metadata: { name: data }, spec: { volumeMode: Filesystem, ${claim} } }] }`,
    [],
  ],
  [
    "StatefulSet",
    "spec: { replicas: 3, minReadySeconds: 5, revisionHistoryLimit: 2, updateStrategy: { rollingUpdate: { partition: 1 } }, ordinals: { start: 1 }, persistentVolumeClaimRetentionPolicy: { whenDeleted: Delete } }",
    [],
  ],
  [
    "Job",
    "spec: { template: { spec: { containers: [{ name: a, image: y }] } } }",
    ["spec.template"],
  ],
  [
    "Job",
    "spec: { completionMode: Indexed, completions: 2 }",
    ["spec.completionMode", "spec.completions"],
  ],
  [
    "Job",
    "spec: { backoffLimit: 2, parallelism: 2, activeDeadlineSeconds: 9, ttlSecondsAfterFinished: 9, suspend: true, completionMode: NonIndexed }",
    [],
  ],
  ["CronJob", 'spec: { schedule: "2 * * * *", jobTemplate: { spec: { backoffLimit: 2 } } }', []],
  [
    "PersistentVolumeClaim",
    "spec: { resources: { requests: { storage: 9Gi } } }",
    ["spec.resources.requests.storage"],
  ],
  ["PersistentVolumeClaim", "spec: { resources: { requests: { storage: 10240Mi } } }", []],
  ["PersistentVolumeClaim", "spec: { accessModes: [ReadWriteMany] }", ["spec.accessModes"]],
  ["PersistentVolumeClaim", "spec: { volumeMode: Filesystem }", []],
  ["PersistentVolumeClaim", "spec: { volumeMode: Block }", ["spec.volumeMode"]],
  ["Service", "spec: { ports: [{ port: 81 }], type: NodePort }", []],
  ["Secret", "type: example.com/b", ["type"]],
  ["Secret", "stringData: { a: two }", []],
  ["Secret", "stringData: { a: two }", ["stringData"], "immutable: true"],
  ["ConfigMap", "data: { a: two }", []],
  ["ConfigMap", "data: { a: two }", ["data"], "immutable: true"],
  ["ConfigMap", "immutable: true", []],
  ["ConfigMap", "immutable: false", ["immutable"], "immutable: true"],
  ["ConfigMap", "metadata: { labels: { a: b } }", [], "immutable: true"],
  ["RoleBinding", "roleRef: { name: edit }", ["roleRef"]],
  ["RoleBinding", "subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: a }]", []],
  ["ClusterRoleBinding", "roleRef: { name: edit }", ["roleRef"]],
  ["StorageClass", "provisioner: example.com/b", ["provisioner"]],
  ["StorageClass", "parameters: { type: b }", ["parameters"]],
  ["StorageClass", "reclaimPolicy: Retain", ["reclaimPolicy"]],
  ["StorageClass", "reclaimPolicy: Delete, volumeBindingMode: Immediate", []],
  ["StorageClass", "volumeBindingMode: WaitForFirstConsumer", ["volumeBindingMode"]],
  ["StorageClass", "allowVolumeExpansion: true", []],
  ["PriorityClass", "value: 8", ["value"]],
  ["PriorityClass", "preemptionPolicy: Never", ["preemptionPolicy"]],
  ["PriorityClass", "description: a", []],
  ["IngressClass", "spec: { controller: example.com/b }", ["spec.controller"]],
  ["RuntimeClass", "handler: b", ["handler"]],
];

const changes: readonly Change[] = table.map(([kind, over, refused, earlier = ""]) => ({
  kind,
  over,
  refused,
  earlier,
}));

const yaml = (text: string) => load(text.includes("\n") ? text : `{ ${text} }`) as Values;

/** The object before and after. */
function pairOf({ kind, over, earlier }: Change, name = "a"): [Values, Values] {
  const named = { kind, metadata: { name, namespace: "default" } };
  const before = mergeValues(mergeValues(yaml(objects[kind]), named), yaml(earlier));
  return [before, mergeValues(before, yaml(over))];
}

test.each(changes)("$kind: $over: refused is $refused", (change) => {
  expect(refusedFields(...pairOf(change))).toEqual(change.refused);
});

test("Argo CD replaces what says so, and hooks", () => {
  const over = "spec: { completions: 2 }";
  const [before, after] = pairOf({ kind: "Job", over, refused: [], earlier: "" });
  const refusedWith = (annotations: Values) =>
    refusedFields(before, mergeValues(after, { metadata: { annotations } }));
  const options = "argocd.argoproj.io/sync-options";
  expect(refusedWith({ [options]: "Prune=false, Force=true ,Replace=true" })).toEqual([]);
  expect(refusedWith({ [options]: "Replace=true" })).toEqual(["spec.completions"]);
  expect(refusedWith({ "argocd.argoproj.io/hook": "PreSync" })).toEqual([]);
  expect(refusedWith({ "helm.sh/hook": "pre-install" })).toEqual([]);
});

test("the disks of the logs do not become smaller", () => {
  const elasticsearch = (storage: unknown) => ({
    apiVersion: "elasticsearch.k8s.elastic.co/v1",
    kind: "Elasticsearch",
    spec: {
      nodeSets: [
        {
          name: "all",
          volumeClaimTemplates: [
            { metadata: { name: "data" }, spec: { resources: { requests: { storage } } } },
          ],
        },
      ],
    },
  });
  const path = "spec.nodeSets[all].volumeClaimTemplates[data].spec.resources.requests.storage";
  const refusedFrom = (before: unknown, after: unknown) =>
    refusedFields(elasticsearch(before), elasticsearch(after));
  expect(refusedFrom("1Ti", "500Gi")).toEqual([path]);
  expect(refusedFrom("500Gi", "1Ti")).toEqual([]);
  expect(refusedFrom("1024Mi", "1Gi")).toEqual([]);
  expect(refusedFrom("1e9", "1G")).toEqual([]);
  expect(refusedFrom(5, "4")).toEqual([path]);
  expect(refusedFrom("much", "1Gi")).toEqual([]);
});

test("values that are not what they should be are no reason to fail", () => {
  for (const spec of [null, 7, [], "x", { selector: null }]) {
    const object = { apiVersion: "apps/v1", kind: "StatefulSet", spec };
    expect(refusedFields(object, object)).toEqual([]);
    expect(refusedFields({ apiVersion: 7, kind: null }, object)).toEqual([]);
  }
});

test("a fleet that becomes smaller keeps the disks of its add-ons", async () => {
  const platform =
    "platform: { email: a@harbor.example, login: { github: { organization: harbor, administrators: platform } }, addons: { prometheus: SIZE, elasticsearch: SIZE } }\n";
  const { write, run } = workplace(fleetText + platform.replaceAll("SIZE", "{ size: medium }"));
  expect(await run(["publish"])).toMatchObject({ code: 0 });
  write("fleet.yaml", fleetText + platform.replaceAll("SIZE", "{ size: small }"));
  const text = (await run(["plan"])).out.replaceAll(/\n +/g, " ");
  expect(text.match(/refuses to change \S*storage, /g)).toHaveLength(2);
  expect(text).toContain("For an add-on, write its size from before.");
});

test("the plan says so as text, Markdown, JSON and on its page", async () => {
  const board = "  board: { versions: { canary: 1, early: 1, stable: 1 }, manifests: board }\n";
  const { folder, write, read, run } = workplace(fleetText + board.replaceAll(" 1", ' "1"'));
  mkdirSync(join(folder, "board"));
  const security =
    "runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault }";
  const deployment = (label: string) =>
    `kind: Deployment\nmetadata: { name: a }\n${objects.Deployment}\n`
      .replace("image: x", `image: x, securityContext: { ${security} }`)
      .replaceAll("app: a", `app: ${label}`);
  write("board/a.yaml", deployment("one"));
  expect(await run(["publish"])).toMatchObject({ code: 0 });
  write("board/a.yaml", deployment("two"));
  const { out } = await run(["plan", "--html", "plan.html"]);
  const expected = "Kubernetes refuses to change spec.selector, so the synchronization will fail.";
  for (const text of [out.replaceAll(/\n +/g, " "), read("plan.html").replaceAll(/\s+/g, " ")]) {
    expect(text).toContain(expected);
    expect(text).toContain("Force=true,Replace=true");
  }
  expect((await run(["plan", "--markdown"])).out).toContain(
    "**Kubernetes refuses to change fields of 1 object, so the synchronization will fail:** " +
      "`Deployment board/a` (`spec.selector`).",
  );
  const { rollouts } = JSON.parse((await run(["plan", "--json"])).out) as {
    readonly rollouts: readonly { readonly objects: readonly object[] }[];
  };
  expect(rollouts[0]?.objects[0]).toMatchObject({ refused: ["spec.selector"] });
});

const why = hasApiServer ? "" : " (skipped: test/peers/build.sh has not built the control plane)";
describe.skipIf(!hasApiServer)(`a real API server${why}`, () => {
  let folder: string;
  let api: ApiServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "api-"));
    const [device] = sampleFleet.devices;
    const key = parseRootKey(formatRootKey(new Uint8Array(32).fill(7)));
    if (!key || !device) throw new Error("no key or no device");
    api = await startApiServer(folder, sampleFleet, device, key);
  }, 180_000);
  afterAll(async () => {
    await api?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const apply = (object: Values) => api.admin(["apply", "-f", "-"], JSON.stringify(object));

  test.each(changes)(
    "$kind: $over: refused is $refused",
    async (change) => {
      const [before, after] = pairOf(change, `a-${changes.indexOf(change)}`);
      await apply(before);
      const said = await apply(after).then(
        () => "",
        (error: unknown) => String(error),
      );
      if (change.refused.length === 0) expect(said).toBe("");
      else expect(said).toMatch(/immutable|Forbidden|may not|cannot change|Invalid value/i);
    },
    60_000,
  );
});
