/**
 * The hub: a control plane with everything that the state repository puts into it, and the programs
 * that would be its pods as processes.
 *
 * What differs from a cluster, besides the gateway (gateway.ts): GKE's authorities are openssl's; the
 * chart of Argo CD can't be had here, so its processes get the values of the state repository by the
 * names that the chart gives them (`settingsOf`), and the Applications of charts stay out of sync;
 * Argo CD is 3.2.11, the newest that builds from the module proxy.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import {
  applyArgoCdDefinitions,
  applyArgoCdSettings,
  argoCd,
  argoNamespace,
  type ArgoCd,
} from "./argo-cd.ts";
import { applyCertManagerDefinitions, certManager } from "./cert-manager.ts";
import { makeAuthorities } from "./certificates.ts";
import { controlPlane, type ControlPlane } from "./control-plane.ts";
import { gateway, gatewayNamespace, type Gateway } from "./gateway.ts";
import { until, type Processes, type Service } from "./processes.ts";
import type { Project } from "./project.ts";
import { putVolume } from "./volume.ts";

export interface HubOptions {
  readonly project: Project;
  readonly folder: string;
  /** Network namespaces and the addresses of what is in them. */
  readonly namespace: string;
  readonly address: string;
  readonly gatewayNamespace: string;
  readonly gatewayAddress: string;
}

export interface Hub {
  readonly plane: ControlPlane;
  readonly argo: ArgoCd;
  readonly certManager: Service;
  readonly gateway: Gateway;
  /** As the kubelet does when the Deployment has changed: another pod in place of the gateway's. */
  replaceGateway(): Promise<void>;
  readonly reconnect: Service;
  /** Carries ConfigMaps and Secrets to where pods would see them, now. */
  carry(): Promise<void>;
  /** Ends the carrying that goes on by itself. */
  stopCarrying(): void;
}

interface Values {
  readonly configs: {
    readonly cm: Readonly<Record<string, string>>;
    readonly params: Readonly<Record<string, string | number>>;
  };
  readonly extraObjects: readonly { readonly data: Readonly<Record<string, string>> }[];
  readonly controller: {
    readonly env: readonly { readonly name: string; readonly value: string }[];
  };
}

/** A fresh hub, from nothing to Argo CD with the root Application. */
export async function startHub(processes: Processes, options: HubOptions): Promise<Hub> {
  const { project, folder, namespace } = options;
  const authorities = join(folder, "authorities");
  await makeAuthorities(authorities);
  const plane = await controlPlane(processes, {
    name: "hub",
    namespace,
    folder: join(folder, "plane"),
    authorities,
    alternativeNames: [],
    // As inside a cluster. Argo CD tells devices from the hub by their port: gitops/argocd/application.ts.
    port: 443,
    // They would take away the pods of `playPods`, which are on no node.
    controllers: "*,-node-lifecycle-controller,-pod-garbage-collector-controller",
  });
  await plane.start();
  await applyArgoCdDefinitions(plane);
  await applyCertManagerDefinitions(plane);
  const values = load(stateFile(project, "hub/argocd/values.yaml")) as Values;
  await applyArgoCdSettings(plane, values.configs.cm);
  await bootstrap(project, plane, namespace);
  const certificates = certManager(processes, plane, namespace);
  await certificates.start();

  const credential = join(folder, "credential");
  const [script] = values.extraObjects;
  const carryCredential = async () =>
    putVolume(credential, { ...script?.data, ...(await clientPair(plane)) });
  await carryCredential();
  const argo = argoCd(processes, {
    hub: plane,
    namespace,
    folder: join(folder, "argo-cd"),
    // The script is run again after so long: the proof of renewal need not wait for ten minutes.
    environment: {
      "application-controller": { ...settingsOf(values), FLOTILLA_CREDENTIAL_SECONDS: "20" },
    },
    mounts: { "/flotilla": credential },
  });
  await argo.start();
  await plane.apply(stateFile(project, "root.yaml"));
  const there = () => plane.kubectl(["get", "deployment", "gateway", "-n", gatewayNamespace]);
  await until("Argo CD applies the gateway", there, 120);
  const generationOf = async () => {
    const { metadata } = await plane.get<{ metadata: { generation: number } }>(
      "deployment",
      "gateway",
      "--namespace",
      gatewayNamespace,
    );
    return metadata.generation;
  };
  const startGateway = async (name: string) => {
    const pod = await gateway(processes, {
      hub: plane,
      namespace: options.gatewayNamespace,
      folder: join(folder, name),
    });
    for (const part of Object.values(pod.parts)) await part.start();
    return { pod, generation: await generationOf() };
  };
  let { pod: gatewayPod, generation } = await startGateway("gateway");
  await playPods(plane, options);
  const reconnect = await startReconnect(processes, plane, folder, namespace, authorities);

  const carry = async () => {
    await carryCredential();
    await gatewayPod.carry();
  };
  const carrying = new AbortController();
  const rounds = async () => {
    while (!carrying.signal.aborted) {
      await sleep(1_000);
      // The hub is away for a while in some of the proofs.
      if (!carrying.signal.aborted) await carry().catch(() => {});
    }
  };
  void rounds();
  return {
    plane,
    argo,
    certManager: certificates,
    get gateway() {
      return gatewayPod;
    },
    replaceGateway: async () => {
      await until(
        "Argo CD changes the gateway",
        async () => (await generationOf()) !== generation,
        120,
      );
      for (const part of Object.values(gatewayPod.parts)) await part.kill();
      ({ pod: gatewayPod, generation } = await startGateway(`gateway-${generation}`));
    },
    reconnect,
    carry,
    stopCarrying: () => carrying.abort(),
  };
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
  const hub = ["--kubeconfig", plane.kubeconfig, "--context", "flotilla"];
  return project.flotilla(["bootstrap", ...hub], namespace);
}

/** What the chart makes of `configs` and of `controller.env`. An unknown key is an error. */
function settingsOf({ configs, controller }: Values): Record<string, string> {
  const names: Readonly<Record<string, string>> = {
    "controller.status.processors": "ARGOCD_APPLICATION_CONTROLLER_STATUS_PROCESSORS",
    "controller.cluster.cache.events.processing.interval":
      "ARGOCD_CLUSTER_CACHE_EVENTS_PROCESSING_INTERVAL",
  };
  const parameters = Object.entries(configs.params).map(([key, value]) => {
    const name = names[key];
    if (name === undefined) throw new Error(`the harness does not know the parameter ${key}`);
    return [name, String(value)] as const;
  });
  return {
    ...Object.fromEntries(parameters),
    ARGOCD_RECONCILIATION_TIMEOUT: configs.cm["timeout.reconciliation"] ?? "",
    ARGOCD_RECONCILIATION_JITTER: configs.cm["timeout.reconciliation.jitter"] ?? "",
    ...Object.fromEntries(controller.env.map(({ name, value }) => [name, value])),
  };
}

/** The files of the Secret `fleet-client` as Argo CD's pods see them; none before it is issued. */
async function clientPair(plane: ControlPlane): Promise<Record<string, string>> {
  const secret = await plane
    .get<{ data: Readonly<Record<string, string>> }>("secret", "fleet-client", "-n", argoNamespace)
    .catch(() => undefined);
  const file = (key: string) => Buffer.from(secret?.data[key] ?? "", "base64").toString();
  if (secret === undefined || file("tls.crt") === "") return {};
  return { "tls/tls.crt": file("tls.crt"), "tls/tls.key": file("tls.key") };
}

async function startReconnect(
  processes: Processes,
  plane: ControlPlane,
  folder: string,
  namespace: string,
  authorities: string,
): Promise<Service> {
  const own = ["--namespace", argoNamespace];
  interface Pod {
    readonly spec: {
      readonly template: {
        readonly spec: {
          readonly containers: readonly {
            readonly env: readonly { readonly name: string; readonly value: string }[];
          }[];
        };
      };
    };
  }
  const settings = await until(
    "Argo CD applies what looks out for devices",
    () => plane.get<{ data: Record<string, string> }>("configmap", "reconnect", ...own),
    60,
  );
  const { spec } = await plane.get<Pod>("deployment", "reconnect", ...own);
  const environment = spec.template.spec.containers[0]?.env ?? [];
  const place = join(folder, "reconnect");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "reconnect.mjs"), settings.data["reconnect.mjs"] ?? "");
  const token = await plane.kubectl(["create", "token", "reconnect", ...own, "--duration=8h"]);
  writeFileSync(join(place, "token"), token, { mode: 0o600 });
  copyFileSync(join(authorities, "server-ca.crt"), join(place, "ca.crt"));
  const service = processes.service({
    name: "reconnect",
    namespace,
    command: [process.execPath, join(place, "reconnect.mjs")],
    environment: {
      ...Object.fromEntries(environment.map(({ name, value }) => [name, value])),
      HUB_SERVER: "https://localhost:443",
      HUB_ACCOUNT: place,
    },
  });
  await service.start();
  return service;
}

/**
 * The pods that the programs stand for, so that the API server knows the way to their Services: it
 * goes to the addresses of running pods, and to nothing else.
 */
async function playPods(plane: ControlPlane, options: HubOptions): Promise<void> {
  interface Deployment {
    readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
  }
  const gatewayOf = ["deployment", "gateway", "--namespace", gatewayNamespace];
  const { spec } = await plane.get<Deployment>(...gatewayOf);
  await playPod(plane, gatewayNamespace, options.gatewayAddress, spec.template);

  // The chart's Service, and what it selects.
  const labels = { "app.kubernetes.io/name": "argocd-application-controller" };
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "argocd-application-controller-metrics", namespace: argoNamespace },
    spec: { selector: labels, ports: [{ name: "http-metrics", port: 8082, targetPort: 8082 }] },
  };
  await plane.apply(JSON.stringify(service));
  const containers = [{ name: "application-controller", image: "argocd" }];
  const template = { metadata: { labels }, spec: { containers } };
  await playPod(plane, argoNamespace, options.address, template);
}

async function playPod(
  plane: ControlPlane,
  namespace: string,
  podIP: string,
  template: { readonly metadata: object; readonly spec: object },
): Promise<void> {
  const metadata = { ...template.metadata, name: "played", namespace };
  const spec = { ...template.spec, nodeName: "played" };
  await plane.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }));
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status: "True" }));
  const status = { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions };
  const patch = JSON.stringify({ status });
  const pod = ["pod", "played", "--namespace", namespace];
  await plane.kubectl(["patch", ...pod, "--subresource=status", "--type=merge", "-p", patch]);
}
