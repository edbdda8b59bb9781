/**
 * Rules for every object of Flotilla. Pods that charts make are not checked here: they come from the
 * charts' own templates, and test/gitops/addons checks their values.
 */
import { describe, expect, test } from "vitest";
import { synthesizeState } from "../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../sample.ts";
import { stateObjects, title, wholeFleet, type StateObject } from "./whole-state.ts";

const fleets = Object.entries({
  "with everything on": wholeFleet,
  "with little on": sampleFleet,
}).map(([name, fleet]) => {
  const tree = synthesizeState(fleet, samplePublicKeys);
  return [name, stateObjects(tree), tree.get("hub/argocd/values.yaml")] as const;
});

/** The pods with rights over their node, and why. No other pod may have any. */
const namedFew: Readonly<Record<string, { readonly rights: readonly string[]; why: string }>> = {
  "Deployment flotilla-gateway/gateway": {
    rights: ["capability NET_ADMIN", "hostPath /dev/net/tun", "root"],
    why: "makes a WireGuard interface, its routes and its firewall",
  },
  "DaemonSet telemetry/telemetry": {
    rights: ["hostNetwork", "hostPID", "hostPath /", "spc_t"],
    why: "node_exporter reads the figures of the whole device",
  },
  "DaemonSet telemetry/telemetry-agent": {
    rights: [
      "hostNetwork",
      "hostPath /var/lib/flotilla-telemetry",
      "hostPath /var/log",
      "root",
      "spc_t",
    ],
    why: "reads root's logs, sends from the device's address, and keeps a buffer across restarts",
  },
};

describe.each(fleets)("a fleet %s", (_, objects, values) => {
  const pods = objects.flatMap(podsOf);

  test("has pods of Flotilla", () => {
    expect(pods.length).toBeGreaterThanOrEqual(8);
  });

  test("has requests and a memory limit for each container", () => {
    expect(pods.flatMap(unbounded)).toEqual([]);
  });

  test("names each image by registry, and by tag or digest", () => {
    const wrong = pods
      .flatMap(containers)
      // The operator of a custom resource chooses the image by the resource's version.
      .filter(({ pod, container }) => !(pod.isPartial && container.image === undefined))
      .filter(({ container: { image = "" } }) => !isPinned(image))
      .map(({ name, container: { image } }) => `${name}: ${image}`);
    expect(wrong).toEqual([]);
  });

  test("gives rights over the node only to the listed pods", () => {
    const found = pods
      .map((pod) => [`${pod.owner.kind} ${place(pod.owner)}`, rightsOf(pod.spec)] as const)
      .filter(([, rights]) => rights.length > 0);
    const named = new Map(Object.entries(namedFew).map(([key, { rights }]) => [key, rights]));
    for (const [key, rights] of found) expect([key, rights]).toEqual([key, named.get(key)]);
  });

  test("lets no container gain rights, or keep a capability that it does not name", () => {
    expect(pods.flatMap(lax)).toEqual([]);
  });

  test("sets a Pod Security level for each namespace", () => {
    const levels = namespaces(objects).map(
      ({ metadata }) => metadata.labels?.["pod-security.kubernetes.io/enforce"] ?? "",
    );
    expect(levels.length).toBeGreaterThan(5);
    for (const level of levels) expect(level).toMatch(/^(privileged|baseline|restricted)$/);
  });

  test("has a policy in each namespace that denies what is not allowed", () => {
    const open = namespaces(objects).filter(
      (namespace) => !objects.some((object) => isDefaultDeny(object, namespace)),
    );
    expect(open.map(title)).toEqual([]);
  });

  test("makes each namespace that it uses, except Argo CD's and the cluster's own", () => {
    const made = new Set(namespaces(objects).map((one) => `${cluster(one)} ${one.metadata.name}`));
    const foreign = objects
      .filter(({ metadata: { namespace } }) => namespace !== undefined)
      .filter((one) => !made.has(`${cluster(one)} ${one.metadata.namespace}`));
    const names = new Set(foreign.map(({ metadata }) => metadata.namespace));
    // `flotilla bootstrap` makes this one, and the chart adds its policy.
    expect([...names]).toEqual(["argocd"]);
    expect(values).toContain("networkPolicy:\n    create: true\n    defaultDenyIngress: true\n");
  });

  test("has each object of the hub in one place only", () => {
    const seen = new Map<string, string>();
    const twice = objects
      .filter((one) => cluster(one) === "hub")
      // What bootstrap applies first; from then on Argo CD has it from hub/argocd/root.yaml.
      .filter(({ path }) => path !== "root.yaml")
      .flatMap((one) => {
        const key = `${one.apiVersion.replace(/\/.*/, "")} ${one.kind} ${place(one)}`;
        const before = seen.get(key);
        seen.set(key, one.path);
        return before === undefined ? [] : [`${key}: ${before} and ${one.path}`];
      });
    expect(twice).toEqual([]);
  });
});

describe("the check of images", () => {
  test.each([
    "podinfo:1.0",
    "ghcr.io/stefanprodan/podinfo",
    "ghcr.io/stefanprodan/podinfo:latest",
    "localhost/podinfo",
    "",
  ])("refuses %j", (image) => expect(isPinned(image)).toBe(false));

  test.each([
    "ghcr.io/stefanprodan/podinfo:6.9.2",
    `ghcr.io/stefanprodan/podinfo@sha256:${"0".repeat(64)}`,
    `ghcr.io/stefanprodan/podinfo:latest@sha256:${"0".repeat(64)}`,
    "registry.example:5000/podinfo:v1",
  ])("accepts %j", (image) => expect(isPinned(image)).toBe(true));
});

test("finds a container without limits, or with more rights than it names", () => {
  const owner: StateObject = {
    path: "hub/a.yaml",
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", namespace: "b" },
  };
  const spec: PodSpec = {
    initContainers: [{ name: "c", resources: { requests: { cpu: "1m", memory: "1Mi" } } }],
    containers: [
      {
        name: "d",
        resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  };
  const pod = { owner, spec, isPartial: false };
  expect(unbounded(pod)).toEqual(["hub/a.yaml: Pod b/a: c: no limits memory"]);
  expect(lax(pod)).toEqual(["hub/a.yaml: Pod b/a: c"]);
});

test("finds what a pod may do to its node", () => {
  const spec: PodSpec = {
    hostNetwork: true,
    hostIPC: true,
    hostPID: true,
    securityContext: { runAsUser: 0, seLinuxOptions: { type: "spc_t" } },
    volumes: [{ hostPath: { path: "/" } }, {}],
    initContainers: [{ name: "a", securityContext: { privileged: true } }],
    containers: [{ name: "b", securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }],
  };
  expect(rightsOf(spec)).toEqual([
    "capability SYS_ADMIN",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPath /",
    "privileged",
    "root",
    "spc_t",
  ]);
  expect(rightsOf({ containers: [{ name: "b" }] })).toEqual([]);
});

interface SecurityContext {
  readonly privileged?: boolean;
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seLinuxOptions?: { readonly type?: string };
}

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly resources?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly securityContext?: SecurityContext;
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
  readonly volumes?: readonly { readonly hostPath?: { readonly path: string } }[];
  readonly initContainers?: readonly Container[];
  readonly containers?: readonly Container[];
}

interface Pod {
  readonly owner: StateObject;
  readonly spec: PodSpec;
  /** An operator merges it over its own pod. */
  readonly isPartial: boolean;
}

interface Template {
  readonly spec: PodSpec;
}

/** The pods that an object leads to. */
function podsOf(owner: StateObject): Pod[] {
  const spec = (owner.spec ?? {}) as {
    readonly template?: Template;
    readonly jobTemplate?: { readonly spec: { readonly template: Template } };
    readonly podTemplate?: Template;
    readonly nodeSets?: readonly { readonly podTemplate?: Template }[];
  };
  const whole = (template: Template): Pod => ({ owner, spec: template.spec, isPartial: false });
  const partial = (template: Template = { spec: {} }): Pod => ({
    owner,
    spec: template.spec,
    isPartial: true,
  });
  switch (owner.kind) {
    case "Pod":
      return [{ owner, spec: spec as PodSpec, isPartial: false }];
    case "Deployment":
    case "DaemonSet":
    case "StatefulSet":
    case "Job":
      return [whole(spec.template!)];
    case "CronJob":
      return [whole(spec.jobTemplate!.spec.template)];
    case "Kibana":
      return [partial(spec.podTemplate)];
    case "Elasticsearch":
      return (spec.nodeSets ?? []).map(({ podTemplate }) => partial(podTemplate));
    default:
      return [];
  }
}

function containers(pod: Pod) {
  const { initContainers = [], containers: main = [] } = pod.spec;
  return [...initContainers, ...main].map((container) => ({
    pod,
    container,
    name: `${title(pod.owner)}: ${container.name}`,
  }));
}

/** A container without a CPU limit may use idle CPU time, and otherwise only its share. */
const bounds = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
] as const;

function unbounded(pod: Pod): readonly string[] {
  return containers(pod).flatMap(({ name, container: { resources } }) =>
    bounds
      .filter(([part, of]) => resources?.[part]?.[of] === undefined)
      .map((missing) => `${name}: no ${missing.join(" ")}`),
  );
}

function lax(pod: Pod): readonly string[] {
  // An operator gives its own pods their rights.
  if (pod.isPartial) return [];
  return containers(pod)
    .filter(
      ({ container: { securityContext: own } }) =>
        own?.allowPrivilegeEscalation !== false || !own.capabilities?.drop?.includes("ALL"),
    )
    .map(({ name }) => name);
}

/** The registry's host has a dot. Without a host it is not clear where an image comes from. */
function isPinned(image: string): boolean {
  const [, tag, digest] =
    /^[\w-]+(?:\.[\w-]+)+(?::\d+)?\/[\w./-]+?(?::([\w.-]+))?(@sha256:[0-9a-f]{64})?$/.exec(image) ??
    [];
  return digest !== undefined || (tag !== undefined && tag !== "latest");
}

/** Sorted. */
function rightsOf(spec: PodSpec): readonly string[] {
  const every = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const contexts = [spec, ...every].flatMap(({ securityContext }) => securityContext ?? []);
  const rights = [
    ...(["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name] === true),
    ...(spec.volumes ?? []).flatMap(({ hostPath }) =>
      hostPath === undefined ? [] : `hostPath ${hostPath.path}`,
    ),
    ...contexts.flatMap(({ privileged, runAsUser, capabilities, seLinuxOptions }) => [
      ...(privileged === true ? ["privileged"] : []),
      ...(runAsUser === 0 ? ["root"] : []),
      ...(capabilities?.add ?? []).map((name) => `capability ${name}`),
      ...(seLinuxOptions?.type === undefined ? [] : [seLinuxOptions.type]),
    ]),
  ];
  return [...new Set(rights)].toSorted();
}

function namespaces(objects: readonly StateObject[]): readonly StateObject[] {
  return objects.filter(({ kind }) => kind === "Namespace");
}

/** Objects of two renderings are never on one cluster. */
function cluster({ path }: StateObject): string {
  return /^edge\/[^/]+\/[^/]+/.exec(path)?.[0] ?? "hub";
}

function place({ metadata: { namespace, name } }: StateObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** A policy for all pods of the namespace that allows nothing by a rule without any condition. */
function isDefaultDeny(object: StateObject, namespace: StateObject): boolean {
  if (object.kind !== "NetworkPolicy" || cluster(object) !== cluster(namespace)) return false;
  const { podSelector, policyTypes, ingress, egress } = object.spec as {
    readonly podSelector: object;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly object[];
    readonly egress?: readonly object[];
  };
  return (
    object.metadata.namespace === namespace.metadata.name &&
    Object.keys(podSelector).length === 0 &&
    policyTypes.includes("Ingress") &&
    (cluster(namespace) !== "hub" || policyTypes.includes("Egress")) &&
    [...(ingress ?? []), ...(egress ?? [])].every((rule) => Object.keys(rule).length > 0)
  );
}
