/**
 * A node: a machine (machine.ts) in the network namespace of a control plane, with kubelet, kube-proxy,
 * kube-router for NetworkPolicies, and a name server for the names of Services.
 *
 * Stand-in: a small program (stand-ins/dns.mjs) replaces CoreDNS and GKE's kube-dns.
 *
 * Traps handled here:
 * - Kubelet 1.35 and later refuses cgroup v1 unless a setting allows it, and under containerd 1.6 deletes
 *   the sandbox's image once its disk is 85 % full.
 * - kube-proxy ends if it may not write conntrack's sysctls: a setting makes it leave them unchanged.
 * - kube-router 2.1 has no flag to turn off its health port, which is this machine's own here. It ends if its
 *   node is not there yet; in a cluster, a DaemonSet would start it again.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeLeaf, type Authority, type Pair } from "../certificates.ts";
import { kubernetesProgram, peer, type ControlPlane } from "../control-plane.ts";
import { writeKubeconfig } from "../kubeconfig.ts";
import { until, type Processes, type Service } from "../processes.ts";
import { machine, type Machine, type MachineOptions } from "./machine.ts";

export interface NodeOptions extends MachineOptions {
  readonly plane: ControlPlane;
  /** As in `ControlPlaneOptions`. */
  readonly authorities: string;
  readonly address: string;
  readonly servicesRange: string;
  /** @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Node extends Machine {
  readonly kubelet: () => Service;
  /** Starts it with the images of an archive, until the node is Ready. */
  boot(images: string): Promise<void>;
}

export function clusterNode(processes: Processes, options: NodeOptions): Node {
  const { name, plane, folder } = options;
  const own = machine(processes, options);
  let kubelet: Service | undefined;
  return {
    ...own,
    kubelet: () => {
      if (kubelet === undefined) throw new Error(`${name} has never been booted`);
      return kubelet;
    },
    boot: async (images) => {
      mkdirSync(join(folder, "bin"), { recursive: true });
      await own.start(images);
      const settings = await writeSettings(options, own);
      kubelet = own.service("kubelet", [
        kubernetesProgram(join(folder, "bin"), "kubelet"),
        `--config=${settings.kubelet}`,
        `--kubeconfig=${settings.nodeUser}`,
        `--hostname-override=${name}`,
        `--node-ip=${options.address}`,
        `--node-labels=${labelList(options.labels)}`,
      ]);
      await kubelet.start();
      await plane.apply([...proxyRights, ...nameServer(options)].map(json).join("\n---\n"));
      const proxy = own.service("kube-proxy", [
        kubernetesProgram(join(folder, "bin"), "kube-proxy"),
        `--config=${settings.proxy}`,
      ]);
      await proxy.start();
      const router = own.service("kube-router", [
        peer("kube-router-2.1.0"),
        `--kubeconfig=${settings.administrator}`,
        `--hostname-override=${name}`,
        `--service-cluster-ip-range=${options.servicesRange}`,
        "--run-firewall=true",
        "--run-router=false",
        "--run-service-proxy=false",
      ]);
      await until(
        `the node ${name} is registered`,
        () => plane.kubectl(["get", `node/${name}`]),
        300,
      );
      await router.start();
      await until(
        `the node ${name} is Ready`,
        () => plane.kubectl(["wait", "--for=condition=Ready", `node/${name}`, "--timeout=2s"]),
        300,
      );
    },
  };
}

const json = (object: object) => JSON.stringify(object);

const labelList = (labels: Readonly<Record<string, string>> = {}) =>
  Object.entries(labels)
    .map((pair) => pair.join("="))
    .join(",");

async function writeSettings(options: NodeOptions, { containerd, cgroup }: Machine) {
  const { name, folder, authorities, plane, address } = options;
  const pki = join(folder, "pki");
  const authority = join(authorities, "server-ca.crt");
  const leaf = (authorityName: Authority, part: string, subject: string, names?: string[]) =>
    makeLeaf(authorities, pki, {
      name: part,
      authority: authorityName,
      subject,
      usage: names === undefined ? "clientAuth" : "serverAuth",
      ...(names === undefined ? {} : { alternativeNames: names }),
    });
  const serving = await leaf("server-ca", "kubelet-serving", `/CN=${name}`, [
    `DNS:${name}`,
    `IP:${address}`,
  ]);
  const user = async (part: string, subject: string) => {
    const pair: Pair = await leaf("client-ca", part, subject);
    return writeKubeconfig(join(pki, `${part}.kubeconfig`), plane.url, authority, pair);
  };
  const nodeUser = await user("node", `/O=system:nodes/CN=system:node:${name}`);
  const proxyUser = await user("proxy", "/CN=system:kube-proxy");
  const kubelet = join(folder, "kubelet.json");
  writeFileSync(kubelet, json(kubeletSettings(options, { containerd, cgroup, serving })));
  const proxy = join(folder, "kube-proxy.json");
  writeFileSync(proxy, json(proxySettings(options, proxyUser)));
  return { kubelet, proxy, nodeUser, administrator: plane.kubeconfig };
}

interface KubeletParts {
  readonly containerd: string;
  readonly cgroup: string;
  readonly serving: Pair;
}

function kubeletSettings(options: NodeOptions, { containerd, cgroup, serving }: KubeletParts) {
  const { authorities, servicesRange } = options;
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    failCgroupV1: false,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    containerRuntimeEndpoint: `unix://${containerd}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: join(authorities, "client-ca.crt") },
    },
    authorization: { mode: "AlwaysAllow" },
    tlsCertFile: serving.certificate,
    tlsPrivateKeyFile: serving.key,
    clusterDNS: [nameServerAddress(servicesRange)],
    clusterDomain: "cluster.local",
    failSwapOn: false,
    oomScoreAdj: 0,
    // A percentage of this machine's disk would be gigabytes.
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "100Mi" },
    // A changed ConfigMap reaches its pods within this time; the default is a minute.
    syncFrequency: "10s",
    nodeStatusUpdateFrequency: "5s",
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
}

function proxySettings({ name, podsRange, address }: NodeOptions, kubeconfig: string): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clusterCIDR: podsRange,
    hostnameOverride: name,
    bindAddress: address,
    oomScoreAdj: 0,
    clientConnection: { kubeconfig },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
}

const rightsGroup = "rbac.authorization.k8s.io";

const proxyRights: readonly object[] = [
  {
    apiVersion: `${rightsGroup}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "kube-proxy" },
    roleRef: { apiGroup: rightsGroup, kind: "ClusterRole", name: "system:node-proxier" },
    subjects: [{ apiGroup: rightsGroup, kind: "User", name: "system:kube-proxy" }],
  },
];

/** The tenth address of Services, as everywhere. */
function nameServerAddress(servicesRange: string): string {
  return servicesRange.replace(/\.\d+\/\d+$/, ".10");
}

function nameServer({ servicesRange }: NodeOptions): readonly object[] {
  const metadata = { name: "kube-dns", namespace: "kube-system" };
  const labels = { "k8s-app": "kube-dns" };
  const rights = { apiGroup: rightsGroup, kind: "ClusterRole", name: "view" };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: `${rightsGroup}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: metadata.name },
      roleRef: rights,
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, labels },
      spec: {
        clusterIP: nameServerAddress(servicesRange),
        selector: labels,
        ports: [{ name: "dns", port: 53, protocol: "UDP" }],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: metadata.name,
            dnsPolicy: "Default",
            terminationGracePeriodSeconds: 1,
            containers: [{ name: "dns", image: nameServerImage, imagePullPolicy: "IfNotPresent" }],
          },
        },
      },
    },
  ];
}

/** Part of the images of every node. */
export const nameServerImage = "flotilla.test/dns:1";
