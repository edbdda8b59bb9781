/** Checks of a cluster that is there already: its context, its answer, what the hub needs in it. */
import { Resolver } from "node:dns/promises";
import { parseAddress } from "../../../fleet/model/addresses.ts";
import type { ExistingCluster } from "../../../fleet/model/cloud.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Session } from "../../terminal/session.ts";
import { kubectlProgram } from "../kubectl/kubectl.ts";
import { advice, missing, ok, unknown, type Check } from "./check.ts";
import { runProgram, type ProgramResult } from "./programs.ts";

type Kubectl = (...args: readonly string[]) => Promise<ProgramResult>;

export async function clusterChecks(
  { platform }: Pick<Fleet, "platform">,
  cluster: ExistingCluster,
  session: Session,
): Promise<readonly Check[]> {
  const { context, gateway } = cluster;
  const kubectl: Kubectl = (...args) =>
    runProgram(kubectlProgram(session), args, session, { timeoutSeconds: 60 });
  const inCluster: Kubectl = (...args) =>
    kubectl(`--context=${context}`, "--request-timeout=30s", ...args);
  const name = "cluster";
  const known = await kubectl("config", "get-contexts", context, "--output=name");
  if (known.code !== 0) {
    const fix = "kubectl config get-contexts lists them; write the name as cloud.context";
    return [missing(name, `the kubeconfig has no context ${context}`, fix)];
  }
  const nodes = await inCluster("get", "nodes", "--output=json");
  if (nodes.code !== 0) {
    const said = nodes.stderr.trim().split("\n").at(-1) ?? "";
    const fix = `kubectl --context ${context} get nodes must work on this machine`;
    return [missing(name, `${context} cannot be read: ${said}`, fix)];
  }
  const { items } = JSON.parse(nodes.stdout) as Nodes;
  const selected = gatewayNodes(items, gateway.nodeSelector);
  const classes = platform === null ? [] : [await classCheck(cluster, inCluster)];
  return [ok(name, `${context}, ${items.length} nodes`), ...selected, ...classes];
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
  const { items } = JSON.parse(answer.stdout) as Classes;
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

/** The record of the gateway, which no Terraform makes here. @param resolve a host's IPv4 addresses */
export async function gatewayRecordCheck(
  { host }: Fleet["tunnel"]["endpoint"],
  { gateway: { address } }: Pick<ExistingCluster, "gateway">,
  resolve: (host: string) => Promise<readonly string[]> = addressesOf,
): Promise<readonly Check[]> {
  const name = "gateway's record";
  // Devices can dial an address too.
  if (parseAddress(host) !== undefined) return [];
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
      : [unknown(name, `the address of ${host} can't be asked (${code})`)];
  }
}

function addressesOf(host: string): Promise<readonly string[]> {
  return new Resolver({ timeout: 3000, tries: 1 }).resolve4(host);
}
