/**
 * The owner of a hub: `flotilla bootstrap` records the fleet in a ConfigMap of the cluster, and every
 * device has one with its facts. A command with the wrong kubeconfig is refused because of them.
 */
import { z } from "zod";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import {
  argoNamespace,
  deviceFactsName,
  hubOwnerConfigMap,
  managedByFlotilla,
  systemNamespace,
} from "../../../fleet/model/contract.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { Hub, HubCluster, HubOptions } from "../kubectl/kubectl.ts";
import { parseAnswer } from "../kubectl/answer.ts";
import { cloudCommands } from "../clouds/index.ts";
import { KubectlError } from "../kubectl/kubectl-errors.ts";
import type { FoundObject, HubObject } from "./hub-objects.ts";

/** On every device, written by its image: its name, its fleet and more. */
const devicePath = `/api/v1/namespaces/${systemNamespace}/configmaps/${deviceFactsName}`;
const ownerPath = `/api/v1/namespaces/${argoNamespace}/configmaps/${hubOwnerConfigMap}`;

export interface Owner {
  readonly fleet: string;
  /** Fingerprint of the fleet's root key, 16 hexadecimal digits. */
  readonly keyId: string;
  /** The generation of the hub's keys. */
  readonly hubGeneration: number;
}

/** What a cluster is, according to its ConfigMaps. */
export interface ClusterIdentity {
  /** The recorded owner, if there is one. */
  readonly owner?: Owner;
  /** If the cluster is a device: its name and fleet. */
  readonly device?: { readonly name: string; readonly fleet: string };
}

/** The ConfigMap that records the owner. */
export function ownerObject({ fleet, keyId, hubGeneration }: Owner): HubObject {
  return {
    kind: "ConfigMap",
    name: hubOwnerConfigMap,
    namespace: argoNamespace,
    labels: managedByFlotilla,
    data: { fleet, keyId, ...(hubGeneration > 1 && { hubGeneration: String(hubGeneration) }) },
  };
}

export async function readIdentity({ kubectl }: Pick<Hub, "kubectl">): Promise<ClusterIdentity> {
  const device = await readObject(kubectl, devicePath);
  const { device: name = "", fleet = "" } = device?.data ?? {};
  return { ...(await readOwner(kubectl)), ...(device && { device: { name, fleet } }) };
}

/** The owner alone, which needs no rights outside Argo CD's namespace. */
export async function readOwner(kubectl: Hub["kubectl"]): Promise<Pick<ClusterIdentity, "owner">> {
  const found = await readObject(kubectl, ownerPath);
  const { fleet = "", keyId = "", hubGeneration = "1" } = found?.data ?? {};
  const owner = { fleet, keyId, hubGeneration: Number(hubGeneration) };
  return found === undefined ? {} : { owner };
}

const texts = z.record(z.string(), z.string()).nullish();
const foundObject = z.object({
  metadata: z.looseObject({ labels: texts }).optional(),
  type: z.string().optional(),
  data: texts,
});

/**
 * An object of the hub; undefined if it does not exist.
 *
 * @throws KubectlError if the answer is something else
 */
export async function readObject(
  kubectl: Hub["kubectl"],
  path: string,
): Promise<FoundObject | undefined> {
  try {
    return parseAnswer(foundObject, await kubectl(["get", "--raw", path])) as FoundObject;
  } catch (error) {
    if (error instanceof KubectlError && error.kind === "absent") return undefined;
    throw error;
  }
}

/**
 * The error for a cluster that is not the hub of the fleet; undefined if it can be.
 *
 * @param keyId of the fleet's root key, if it is known
 */
export function wrongHub(
  identity: ClusterIdentity,
  { context, server }: HubCluster,
  { fleet, keyId, hubGeneration = Infinity }: Pick<Owner, "fleet"> & Partial<Owner>,
): OperationError | undefined {
  const { owner, device } = identity;
  const found = `the context ${context} (${server})`;
  if (device !== undefined) {
    return new OperationError(
      `${found} is the device ${device.name} of the fleet ${device.fleet}, not a hub. Give the ` +
        "hub's context: --context NAME",
    );
  }
  if (owner === undefined) return undefined;
  if (owner.fleet !== fleet) {
    return new OperationError(
      `${found} is the hub of the fleet ${owner.fleet} (root key ${owner.keyId}), and this is the ` +
        `fleet ${fleet}${keyId === undefined ? "" : ` (root key ${keyId})`}. Give this fleet's own ` +
        "hub: --context NAME; or the other fleet's file: --fleet FILE",
    );
  }
  if (owner.hubGeneration > hubGeneration) {
    return new OperationError(
      `the keys of ${found} have generation ${owner.hubGeneration}, and hub.generation in the fleet ` +
        `file is ${hubGeneration}. Devices do not go back to older keys. Write hub.generation: ` +
        `${owner.hubGeneration} or a higher one.`,
    );
  }
  if (keyId === undefined || owner.keyId === keyId) return undefined;
  return new OperationError(
    `${found} was set up with the root key ${owner.keyId}, and your root key is ${keyId}. Every ` +
      "device would be locked out. Restore the right key. If it is lost and all " +
      `devices are installed again: kubectl delete configmap ${hubOwnerConfigMap} -n ${argoNamespace}`,
  );
}

/** The user's choice of the hub; by default the context in the fleet file, if it has one. */
export function hubOptions<Options extends HubOptions>(fleet: Fleet, options: Options): Options {
  const { context, isContextDeclared } = cloudCommands(fleet);
  return isContextDeclared ? { context, ...options } : options;
}

/** The error for a cluster without a recorded owner that was not named by its context. */
export function unconfirmedHub(
  fleet: Fleet,
  { context, server }: HubCluster,
): OperationError | undefined {
  const { context: expected, contextCommand } = cloudCommands(fleet);
  if (context === expected) return undefined;
  return new OperationError(
    `the current context ${context} (${server}) has no recorded fleet, and is not ${expected}. ` +
      `If it is the hub of ${fleet.name}, confirm it: --context ${context}. To get the ` +
      `hub's context: ${contextCommand}`,
  );
}
