/**
 * The hub: a cluster of one node, with everything that the state repository puts into it running as pods.
 *
 * What differs from GKE: the authorities are openssl's; the harness sets the address of the load
 * balancer; kube-router enforces the policies; the charts' repositories are out of reach, so the harness
 * applies what Argo CD (nodes/argo-cd-pods.ts) and cert-manager (nodes/cert-manager-pods.ts) consist of,
 * and the Applications of charts stay out of sync; nodes/images.ts says what the images are.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { applyDefinitions, argoCdPeers, argoNamespace } from "./argo-cd.ts";
import { makeAuthorities } from "./certificates.ts";
import { controlPlane, type ControlPlane } from "./control-plane.ts";
import { argoCdText, type ArgoCdValues } from "./nodes/argo-cd-pods.ts";
import { certManagerText } from "./nodes/cert-manager-pods.ts";
import { makeImages, removeImages, type ImageContent } from "./nodes/images.ts";
import { imagesOf } from "./nodes/manifests.ts";
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
}

export interface Hub {
  readonly plane: ControlPlane;
  readonly node: Node;
  readonly pods: Pods;
  readonly images: readonly ImageContent[];
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

/** A fresh hub, from nothing to Argo CD with the root Application and every pod ready. */
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
  const values = load(stateFile(project, "hub/argocd/values.yaml")) as ArgoCdValues;
  // The script is run again after so long: the proof of renewal need not wait for ten minutes.
  const argoCd = argoCdText(values, { FLOTILLA_CREDENTIAL_SECONDS: "20" });
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
    ...imagesOf(...texts, argoCd, certManager),
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
    await plane.apply(argoCd);
    await bootstrap(project, plane, namespace);
    await waitForArgoCd(all, namespace);
    await plane.apply(stateFile(project, "root.yaml"));
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
 * What the cloud's load balancer does: the Service of the tunnels gets its address. Nothing arrives before;
 * here the address is the node's own, so what devices sent meanwhile is forgotten: it would go on to the
 * node and never to the pod.
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
  // It fails where there is nothing to forget.
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

/** Without a pod that is ready, kube-proxy has no rule of a Service among those that translate addresses. */
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

/** By which a command finds the hub. */
export function hubOptions({ kubeconfig }: Pick<ControlPlane, "kubeconfig">): readonly string[] {
  return ["--kubeconfig", kubeconfig, "--context", "flotilla"];
}
