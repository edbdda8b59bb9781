/**
 * Argo CD's pods: the manifests of its release, with the values of the state repository merged over them as
 * its chart does. The chart itself is not available here; its policy against other connections is added.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argoCdPeers, argoNamespace } from "../argo-cd.ts";
import { peer } from "../control-plane.ts";
import { objectsOf, withPods, type KubernetesObject } from "./manifests.ts";

/** The keys of `values.yaml` that are read. */
export interface ArgoCdValues {
  readonly configs: {
    readonly cm: Readonly<Record<string, string>>;
    readonly params: Readonly<Record<string, string | number>>;
  };
  readonly extraObjects: readonly KubernetesObject[];
  readonly controller: ComponentValues;
  readonly server: ComponentValues;
  readonly applicationSet: ComponentValues;
  readonly repoServer: ComponentValues;
  readonly redis: ComponentValues;
}

interface ComponentValues {
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly resources: object;
  readonly volumes?: readonly object[];
  readonly volumeMounts?: readonly object[];
}

/** The chart's components by the names of their workloads in the release. */
const components: Readonly<Record<string, keyof Omit<ArgoCdValues, "configs" | "extraObjects">>> = {
  "argocd-application-controller": "controller",
  "argocd-server": "server",
  "argocd-applicationset-controller": "applicationSet",
  "argocd-repo-server": "repoServer",
  "argocd-redis": "redis",
};

/** @param environment further variables of the controller */
export function argoCdObjects(
  values: ArgoCdValues,
  environment: Readonly<Record<string, string>>,
): readonly KubernetesObject[] {
  const more = Object.entries(environment).map(([name, value]) => ({ name, value }));
  const { controller } = values;
  const ours = {
    ...values,
    controller: { ...controller, env: [...(controller.env ?? []), ...more] },
  };
  const text = readFileSync(join(peer(argoCdPeers.manifests), "install.yaml"), "utf8");
  const release = objectsOf(text).filter(
    ({ kind, metadata }) =>
      kind !== "CustomResourceDefinition" && !/dex|notifications/.test(metadata.name),
  );
  const data: Readonly<Record<string, object>> = {
    "argocd-cm": ours.configs.cm,
    "argocd-cmd-params-cm": Object.fromEntries(
      Object.entries(ours.configs.params).map(([key, value]) => [key, String(value)]),
    ),
  };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: argoNamespace } },
    ...release.map((one) => {
      const found = one.kind === "ConfigMap" ? data[one.metadata.name] : undefined;
      return placed({ ...withValues(one, ours), ...(found && { data: found }) });
    }),
    ...ours.extraObjects,
    metricsService,
    denial,
  ];
}

/** Into Argo CD's namespace, the accounts that a binding names as well. */
function placed(object: KubernetesObject): KubernetesObject {
  interface Binding extends KubernetesObject {
    readonly subjects: readonly object[];
  }
  const namespace = argoNamespace;
  if (object.kind === "ClusterRoleBinding") {
    const { subjects } = object as Binding;
    const bound: Binding = { ...object, subjects: subjects.map((one) => ({ ...one, namespace })) };
    return bound;
  }
  if (object.kind === "ClusterRole") return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function withValues(object: KubernetesObject, values: ArgoCdValues): KubernetesObject {
  const component = components[object.metadata.name];
  if (component === undefined) return object;
  const { env = [], resources, volumes = [], volumeMounts = [] } = values[component];
  return withPods(object, (spec) => ({
    ...spec,
    ...(spec.initContainers && {
      initContainers: spec.initContainers.map((one) => ({ ...one, imagePullPolicy })),
    }),
    containers: spec.containers.map((one) => ({
      ...one,
      imagePullPolicy,
      resources,
      env: [...(one.env ?? []), ...env],
      volumeMounts: [...(one.volumeMounts ?? []), ...volumeMounts],
    })),
    volumes: [...(spec.volumes ?? []), ...volumes],
  }));
}

/** The chart's. */
const imagePullPolicy = "IfNotPresent";

const controllerLabels = { "app.kubernetes.io/name": "argocd-application-controller" };

/** By the chart's name: `flotilla status` reads there. */
const metricsService = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "argocd-application-controller-metrics", namespace: argoNamespace },
  spec: {
    selector: controllerLabels,
    ports: [{ name: "http-metrics", port: 8082, targetPort: 8082 }],
  },
};

/** The chart's `networkPolicy.defaultDenyIngress`. */
const denial = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "argocd-default-deny", namespace: argoNamespace },
  spec: { podSelector: {}, policyTypes: ["Ingress"] },
};
