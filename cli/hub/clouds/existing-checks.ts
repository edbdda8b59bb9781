/** Checks an existing cluster: its context, its answer, and what the hub needs in it. */
import { Resolver } from "node:dns/promises";
import { parseIp } from "../../../fleet/model/ip.ts";
import { hasAddon } from "../../../fleet/model/addons.ts";
import type { ExistingCluster } from "../../../fleet/model/cloud.ts";
import {
  argoNamespace,
  credentialConfigMap,
  gatewayNamespace,
  hubOwnerConfigMap,
} from "../../../fleet/model/contract.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Session } from "../../terminal/session.ts";
import { explain } from "../kubectl/kubectl-errors.ts";
import { kubectlProgram } from "../kubectl/kubectl.ts";
import { advice, missing, ok, unknown, type Check } from "../checks/check.ts";
import { objectIn, runProgram, type ProgramResult } from "../../terminal/programs.ts";

type Kubectl = (...args: readonly string[]) => Promise<ProgramResult>;

export async function clusterChecks(
  { platform }: Pick<Fleet, "platform">,
  cluster: ExistingCluster,
  session: Session,
): Promise<readonly Check[]> {
  const { context, gateway } = cluster;
  const run: Kubectl = (...args) =>
    runProgram(kubectlProgram(session), args, session, { name: "kubectl", timeoutSeconds: 60 });
  const inCluster: Kubectl = (...args) =>
    run(`--context=${context}`, "--request-timeout=30s", ...args);
  const name = "cluster";
  const known = await run("config", "get-contexts", context, "--output=name");
  if (known.code === "missing") return [unknown(name, "kubectl must be installed first")];
  if (known.code !== 0 && isUnknownContext(known.stderr)) {
    const fix = "kubectl config get-contexts lists them; write the name as cloud.context";
    return [missing(name, `the kubeconfig has no context ${context}`, fix)];
  }
  const nodes = known.code === 0 ? await inCluster("get", "nodes", "--output=json") : known;
  if (nodes.code !== 0) {
    const { message } = explain(nodes.stderr, context);
    const fix = `kubectl --context ${context} get nodes must work on this machine`;
    return [missing(name, onOneLine(message), fix)];
  }
  const { items } = objectIn("kubectl get nodes --output=json", nodes.stdout) as Nodes;
  const selected = gatewayNodes(items, gateway.nodeSelector);
  const [version, foreign, classes, entrances] = await Promise.all([
    versionChecks(inCluster),
    foreignChecks({ platform }, inCluster),
    platform === null ? [] : classCheck(cluster, inCluster),
    entranceChecks(cluster, inCluster),
  ]);
  const count = `${items.length} ${items.length === 1 ? "node" : "nodes"}`;
  return [ok(name, `${context}, ${count}`), version, foreign, selected, classes, entrances].flat();
}

function isUnknownContext(said: string): boolean {
  return /context \S+ not found/.test(said);
}

function onOneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, " ");
}

/** The oldest that the pinned cert-manager supports; the workloads' schemas begin with it too. */
const lowestMinor = 33;

async function versionChecks(kubectl: Kubectl): Promise<readonly Check[]> {
  const answer = await kubectl("version", "--output=json");
  if (answer.code !== 0) return [];
  const { serverVersion } = objectIn("kubectl version --output=json", answer.stdout) as {
    serverVersion?: { readonly major: string; readonly minor: string; readonly gitVersion: string };
  };
  if (serverVersion === undefined) return [];
  const { major, minor, gitVersion } = serverVersion;
  const name = "Kubernetes";
  // Some clouds write "35+".
  return major === "1" && Number.parseInt(minor, 10) < lowestMinor
    ? [
        advice(
          name,
          `${gitVersion} is older than 1.${lowestMinor}, which cert-manager requires`,
          "upgrade the cluster",
        ),
      ]
    : [ok(name, gitVersion)];
}

/** What Flotilla installs itself, by a kind that it has in every cluster. */
const installed = [
  { what: "Argo CD", kind: "applications.argoproj.io" },
  { what: "cert-manager", kind: "certificates.cert-manager.io" },
  {
    what: "External Secrets",
    kind: "externalsecrets.external-secrets.io",
    addon: "external-secrets",
  },
] as const;

/** Other installations: Flotilla would take over their objects, or fail half way. */
async function foreignChecks(
  { platform }: Pick<Fleet, "platform">,
  kubectl: Kubectl,
): Promise<readonly Check[]> {
  const answer = await kubectl("get", "crds", "--output=name");
  if (answer.code !== 0) return [];
  const kinds = new Set(answer.stdout.split("\n").map((line) => line.split("/").at(-1)));
  const found = installed.filter(
    (one) => kinds.has(one.kind) && (!("addon" in one) || hasAddon({ platform }, one.addon)),
  );
  if (found.length === 0 || (await isOwnHub(kubectl))) return [];
  return found.map(({ what, kind }) =>
    missing(
      what,
      `the cluster has ${what} already (${kind}), and Flotilla installs its own`,
      "use another cluster, or uninstall it together with its CustomResourceDefinitions",
    ),
  );
}

/** Whether Flotilla began a deployment here: the first of these comes with Argo CD. */
async function isOwnHub(kubectl: Kubectl): Promise<boolean> {
  const found = ["--namespace", argoNamespace, "--ignore-not-found", "--output=name"];
  const answer = await kubectl(
    "get",
    "configmaps",
    credentialConfigMap,
    hubOwnerConfigMap,
    ...found,
  );
  return answer.code === 0 && answer.stdout.trim() !== "";
}

interface Nodes {
  readonly items: readonly {
    readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  }[];
}

function gatewayNodes(
  nodes: Nodes["items"],
  selector: ExistingCluster["gateway"]["nodeSelector"],
): readonly Check[] {
  const labels = Object.entries(selector);
  if (labels.length === 0) return [];
  const text = labels.map(([key, value]) => `${key}=${value}`).join(",");
  const count = nodes.filter(({ metadata }) =>
    labels.every(([key, value]) => metadata.labels?.[key] === value),
  ).length;
  return count > 0
    ? [ok("gateway nodes", `${count} with ${text}`)]
    : [
        advice(
          "gateway nodes",
          `no node has ${text}`,
          `kubectl label node NODE ${text.replaceAll(",", " ")}`,
        ),
      ];
}

const defaultClass = "storageclass.kubernetes.io/is-default-class";

interface Classes {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
  }[];
}

/** The add-ons keep data on volumes. */
async function classCheck({ storageClass }: ExistingCluster, kubectl: Kubectl): Promise<Check> {
  const name = "storage class";
  const answer = await kubectl("get", "storageclasses", "--output=json");
  if (answer.code !== 0) return unknown(name, "the storage classes can't be listed");
  const command = "kubectl get storageclasses --output=json";
  const { items } = objectIn(command, answer.stdout) as Classes;
  const names = items.map(({ metadata }) => metadata.name);
  const chosen = items.find(({ metadata }) =>
    storageClass === null
      ? metadata.annotations?.[defaultClass] === "true"
      : metadata.name === storageClass,
  );
  if (chosen !== undefined) return ok(name, chosen.metadata.name);
  const list = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
  const wanted = storageClass === null ? "has no default storage class" : `has no ${storageClass}`;
  return missing(name, `the cluster ${wanted}; ${list}`, "write one as cloud.storageClass");
}

interface Services {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly type: string };
    readonly status: {
      readonly loadBalancer?: {
        readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
      };
    };
  }[];
}

/** Whether the load balancer of a deployed hub gives the gateways their address. */
async function entranceChecks(
  { context, gateway: { address } }: ExistingCluster,
  kubectl: Kubectl,
): Promise<readonly Check[]> {
  const own = ["--namespace", gatewayNamespace];
  const answer = await kubectl("get", "services", ...own, "--output=json");
  if (answer.code !== 0) return [];
  const { items } = objectIn("kubectl get services --output=json", answer.stdout) as Services;
  return items
    .filter(({ spec }) => spec.type === "LoadBalancer")
    .map(({ metadata: { name }, status }) => {
      const given = (status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname);
      const title = "load balancer";
      if (given.includes(address)) return ok(title, `${name}: ${address}`);
      const look = `kubectl --context ${context} describe service ${name} ${own.join(" ")}`;
      return given.length === 0
        ? advice(
            title,
            `${name} has no address yet, and Argo CD waits for it`,
            `${look}; without a load balancer, write service: NodePort under cloud.gateway`,
          )
        : advice(
            title,
            `${name} has ${given.join(", ")}, not ${address}`,
            "write the address as cloud.gateway.address, or request yours by cloud.gateway.annotations",
          );
    });
}

/** The record of the gateway, which no Terraform makes here. @param resolve a host's IPv4 addresses */
export async function gatewayRecordCheck(
  { host }: Fleet["tunnel"]["endpoint"],
  { gateway: { address } }: Pick<ExistingCluster, "gateway">,
  resolve: (host: string) => Promise<readonly string[]> = addressesOf,
): Promise<readonly Check[]> {
  const name = "gateway's record";
  // Devices can dial an address too.
  if (parseIp(host) !== undefined) return [];
  const fix = `make the record: ${host}. A ${address}`;
  try {
    const found = await resolve(host);
    return found.includes(address)
      ? [ok(name, `${host}: ${address}`)]
      : [advice(name, `${host} is ${found.join(", ")}, not ${address}`, fix)];
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return ["ENODATA", "ENOTFOUND", "NXDOMAIN"].includes(code)
      ? [advice(name, `${host} has no address`, fix)]
      : [unknown(name, `the address of ${host} can't be resolved (${code})`)];
  }
}

function addressesOf(host: string): Promise<readonly string[]> {
  return new Resolver({ timeout: 3000, tries: 1 }).resolve4(host);
}
