/**
 * The hub: a cluster of one node. Everything from the state repository runs as pods in it.
 *
 * Differences from GKE: openssl makes the authorities; the harness sets the address of the load balancer;
 * kube-router enforces the policies. The charts' repositories cannot be reached, so the harness applies the
 * objects of Argo CD (nodes/argo-cd-pods.ts) and cert-manager (nodes/cert-manager-pods.ts), and the
 * Applications of charts stay out of sync. nodes/images.ts lists the images.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { applyDefinitions, argoCdPeers, argoNamespace } from "./argo-cd.ts";
import { makeAuthorities } from "./certificates.ts";
import { controlPlane, type ControlPlane } from "./control-plane.ts";
import { argoCdObjects, type ArgoCdValues } from "./nodes/argo-cd-pods.ts";
import { certManagerText } from "./nodes/cert-manager-pods.ts";
import { makeImages, removeImages, type ImageContent } from "./nodes/images.ts";
import { imagesOf, manifestText, type KubernetesObject } from "./nodes/manifests.ts";
import { clusterNode, nameServerImage, type Node } from "./nodes/node.ts";
import { diagnosis } from "./diagnosis.ts";
import { pods, type PodProgram, type Pods } from "./nodes/pods.ts";
import { elasticsearchImage, playElasticsearch } from "./platform.ts";
import { run, until, type Processes } from "./processes.ts";
import type { Project } from "./project.ts";

export interface HubOptions {
  readonly project: Project;
  readonly folder: string;
  /** The network namespace, and the node's address in it. */
  readonly namespace: string;
  readonly address: string;
  /** The address of the load balancer in front of the gateway. */
  readonly gatewayAddress: string;
  readonly podsRange: string;
  readonly servicesRange: string;
  /**
   * Brings Argo CD, the hub's secrets and the root Application.
   *
   * @default `kubectl apply` and `flotilla bootstrap`
   */
  readonly deploy?: (cluster: NewCluster) => Promise<void>;
}

/** A hub with nothing in it but definitions of kinds. */
export interface NewCluster {
  readonly plane: ControlPlane;
  /** The folder of its authorities. */
  readonly authorities: string;
  /** What Argo CD's chart installs. */
  readonly argoCd: readonly KubernetesObject[];
}

export interface Hub {
  readonly plane: ControlPlane;
  readonly node: Node;
  readonly pods: Pods;
  readonly images: readonly ImageContent[];
  /** As Argo CD does by its own Application, whose chart it cannot have here. */
  updateSettings(): Promise<void>;
  /** Everything is killed, as the cluster's deletion does it. */
  delete(): Promise<void>;
}

const inArgoCd = (part: string): PodProgram => ({
  namespace: argoNamespace,
  selector: `app.kubernetes.io/name=argocd-${part}`,
  container: part === "redis" ? part : `argocd-${part}`,
});

const inGateway = (container: string): PodProgram => ({
  namespace: gatewayNamespace,
  selector: "app.kubernetes.io/name=gateway",
  container,
});

const ownProgram = (container: string): PodProgram => ({
  namespace: argoNamespace,
  selector: `app.kubernetes.io/name=${container}`,
  container,
});

export const gatewayNamespace = "flotilla-gateway";

/** Containers of the hub's pods. */
export const hubPrograms = {
  controller: inArgoCd("application-controller"),
  applicationSets: inArgoCd("applicationset-controller"),
  repoServer: inArgoCd("repo-server"),
  server: inArgoCd("server"),
  redis: inArgoCd("redis"),
  tunnel: inGateway("tunnel"),
  proxy: inGateway("proxy"),
  metrics: inGateway("metrics"),
  collector: inGateway("collector"),
  reconnect: ownProgram("reconnect"),
  courier: ownProgram("courier"),
  certManager: {
    namespace: "cert-manager",
    selector: "app.kubernetes.io/component=controller",
    container: "cert-manager-controller",
  },
} as const satisfies Readonly<Record<string, PodProgram>>;

/** Makes a new hub, up to Argo CD with the root Application and every pod ready. */
export async function startHub(processes: Processes, options: HubOptions): Promise<Hub> {
  const { project, folder, namespace, address, servicesRange, podsRange } = options;
  const authorities = join(folder, "authorities");
  await makeAuthorities(authorities);
  const plane = await controlPlane(processes, {
    name: "hub",
    namespace,
    folder: join(folder, "plane"),
    authorities,
    alternativeNames: [`IP:${address}`],
    // As inside a cluster. Argo CD tells devices from the hub by their port: gitops/argocd/application.ts.
    port: 443,
    nodeAddress: address,
    servicesRange,
  });
  const argoCdNow = () => {
    const values = load(stateFile(project, "hub/argocd/values.yaml")) as ArgoCdValues;
    // The interval of the script is short, so that the proof of renewal does not wait for ten minutes.
    return argoCdObjects(values, { FLOTILLA_CREDENTIAL_SECONDS: "20" });
  };
  const argoCd = argoCdNow();
  const argoCdText = manifestText(argoCd);
  const certManager = await certManagerText(
    stateFile(project, "hub/platform/cert-manager.yaml"),
    folder,
  );
  const paths = ["gateway/gateway", "argocd/reconnect", "fleet-secrets/courier"];
  const texts = [...paths, "platform/elasticsearch/cronjob-log-keeper"].map((path) =>
    stateFile(project, `hub/${path}.yaml`),
  );
  const images = await makeImages(folder, [
    nameServerImage,
    elasticsearchImage,
    ...imagesOf(...texts, argoCdText, certManager),
  ]);
  await plane.start();
  const node = clusterNode(processes, {
    name: "hub-node",
    namespace,
    folder: join(folder, "node"),
    podsRange,
    plane,
    authorities,
    address,
    servicesRange,
    labels: { "flotilla.dev/gateway": "true" },
  });
  await node.boot(images.archive);
  const all = pods(plane, node);
  const install = async () => {
    await applyDefinitions(plane, argoCdPeers.definitions);
    await applyDefinitions(plane, "cert-manager-crds-1.21.1");
    if (options.deploy === undefined) {
      await plane.apply(argoCdText);
      await bootstrap(project, plane, namespace);
      await waitForArgoCd(all, namespace);
      await plane.apply(stateFile(project, "root.yaml"));
    } else {
      await options.deploy({ plane, authorities, argoCd });
    }
    await plane.apply(stateFile(project, "hub/platform/cert-manager.yaml"));
    await plane.apply(certManager);
    await plane.apply(stateFile(project, "hub/platform/elasticsearch.yaml"));
    await playElasticsearch(plane, authorities, folder);
    await balanceLoad(plane, options);
    for (const program of Object.values(hubPrograms)) {
      await until(`a pod ${program.selector}`, () => all.ready(program, 1), 300);
    }
  };
  await install().catch(async (error: unknown) => {
    console.error(await diagnosis(plane));
    throw error;
  });
  return {
    plane,
    node,
    pods: all,
    images: images.contents,
    updateSettings: async () => {
      const settings = argoCdNow().filter(({ metadata }) => metadata.name === "argocd-cm");
      await plane.apply(manifestText(settings));
    },
    delete: async () => {
      await node.cutPower();
      for (const part of [plane.scheduler, plane.controllerManager, plane.apiserver, plane.kine]) {
        await part.kill();
      }
      await removeImages(folder);
    },
  };
}

/**
 * What the cloud's load balancer does: the Service of the tunnels gets its address. In a cloud nothing
 * arrives before that. Here the address is the node's own, so the entries of earlier packets are deleted:
 * otherwise these connections would go on to the node and never to the pod.
 */
async function balanceLoad(
  plane: ControlPlane,
  { gatewayAddress, namespace }: HubOptions,
): Promise<void> {
  const status = { loadBalancer: { ingress: [{ ip: gatewayAddress }] } };
  const service = ["service", "gateway-tunnel", "--namespace", gatewayNamespace];
  const how = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
  await until(
    "Argo CD applies the gateway",
    () => plane.kubectl(["patch", ...service, ...how]),
    300,
  );
  await untilForwarded(`-d ${gatewayAddress}/32 -p udp`, namespace);
  // It fails if the entry does not exist.
  const forget = ["conntrack", "--delete", "--proto=udp", `--orig-dst=${gatewayAddress}`];
  await run(forget, { namespace }).catch(() => {});
}

/**
 * As Terraform and `helm upgrade --wait` do. Argo CD looks at an Application again after
 * `timeout.reconciliation` only, even if its repo-server was not there yet.
 */
async function waitForArgoCd(all: Pods, namespace: string): Promise<void> {
  const { controller, repoServer, redis } = hubPrograms;
  for (const program of [controller, repoServer, redis]) await all.ready(program, 300);
  for (const name of ["repo-server", "redis"]) {
    await untilForwarded(`"${argoNamespace}/argocd-${name}`, namespace);
  }
}

/** Until a pod is ready, kube-proxy has no rule that translates the Service's address. */
async function untilForwarded(rule: string, namespace: string): Promise<void> {
  const isThere = async () =>
    (await run(["iptables-save", "--table=nat"], { namespace })).includes(rule);
  await until(`kube-proxy forwards ${rule}`, isThere, 60);
}

/** A file of the state as `flotilla synth` wrote it. */
export function stateFile(project: Project, path: string): string {
  return readFileSync(join(project.folder, "dist/gitops", path), "utf8");
}

export function bootstrap(
  project: Project,
  plane: ControlPlane,
  namespace: string,
): Promise<string> {
  return project.flotilla(["bootstrap", ...hubOptions(plane)], namespace);
}

/** The variables by which a command finds the hub. */
export function hubOptions({ kubeconfig }: Pick<ControlPlane, "kubeconfig">): readonly string[] {
  return ["--kubeconfig", kubeconfig, "--context", "flotilla"];
}
