/**
 * Whose hub a cluster is: the mark that `flotilla bootstrap` leaves there, and the facts that every
 * device carries. They keep a command that was started with the wrong kubeconfig from doing harm.
 */
import type { Fleet } from "../../../fleet/model/fleet.ts";
import {
  argoNamespace,
  deviceFactsName,
  hubName,
  managedByFlotilla,
  systemNamespace,
} from "../../../fleet/model/contract.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { Hub, HubCluster } from "../kubectl/kubectl.ts";
import { KubectlError } from "../kubectl/kubectl-errors.ts";
import type { FoundObject, HubObject } from "./objects.ts";

const markName = "flotilla-fleet";

/** On every device, written by its image: its name, its fleet and more. */
const devicePath = `/api/v1/namespaces/${systemNamespace}/configmaps/${deviceFactsName}`;
const markPath = `/api/v1/namespaces/${argoNamespace}/configmaps/${markName}`;

export interface Owner {
  readonly fleet: string;
  /** Fingerprint of the fleet's root key, 16 hexadecimal digits. */
  readonly keyId: string;
}

/** What a cluster says about itself. */
export interface Identity {
  /** The mark, where there is one. */
  readonly owner?: Owner;
  /** Where the cluster is a device: which one. */
  readonly device?: { readonly name: string; readonly fleet: string };
}

/** The mark as an object of the hub. */
export function markOf({ fleet, keyId }: Owner): HubObject {
  return {
    kind: "ConfigMap",
    name: markName,
    namespace: argoNamespace,
    labels: managedByFlotilla,
    data: { fleet, keyId },
  };
}

export async function readIdentity({ kubectl }: Pick<Hub, "kubectl">): Promise<Identity> {
  const device = await readObject(kubectl, devicePath);
  const { device: name = "", fleet = "" } = device?.data ?? {};
  return { ...(await readMark(kubectl)), ...(device && { device: { name, fleet } }) };
}

/** The mark alone, for which no right outside of Argo CD's namespace is needed. */
export async function readMark(kubectl: Hub["kubectl"]): Promise<Pick<Identity, "owner">> {
  const mark = await readObject(kubectl, markPath);
  const { fleet = "", keyId = "" } = mark?.data ?? {};
  return mark === undefined ? {} : { owner: { fleet, keyId } };
}

/** An object of the hub, or undefined where there is none. */
export async function readObject(
  kubectl: Hub["kubectl"],
  path: string,
): Promise<FoundObject | undefined> {
  try {
    return JSON.parse(await kubectl(["get", "--raw", path])) as FoundObject;
  } catch (error) {
    if (error instanceof KubectlError && error.trouble === "absent") return undefined;
    throw error;
  }
}

/**
 * Why this cluster is not the hub of the fleet, or undefined where nothing speaks against it.
 *
 * @param keyId of the fleet's root key; left away where no key is at hand
 */
export function foreignHub(
  identity: Identity,
  { context, server }: HubCluster,
  { fleet, keyId }: Pick<Owner, "fleet"> & Partial<Owner>,
): OperationError | undefined {
  const { owner, device } = identity;
  const found = `the context ${context} (${server})`;
  if (device !== undefined) {
    return new OperationError(
      `${found} is the device ${device.name} of the fleet ${device.fleet}, and no hub. Name the ` +
        "hub's context: --context NAME",
    );
  }
  if (owner === undefined) return undefined;
  if (owner.fleet !== fleet) {
    return new OperationError(
      `${found} is the hub of the fleet ${owner.fleet} (root key ${owner.keyId}), and this is the ` +
        `fleet ${fleet}${keyId === undefined ? "" : ` (root key ${keyId})`}. Name this fleet's own ` +
        "hub: --context NAME; or the other fleet's file: --fleet FILE",
    );
  }
  if (keyId === undefined || owner.keyId === keyId) return undefined;
  return new OperationError(
    `${found} was set up with the root key ${owner.keyId}, and your root key is ${keyId}. Every ` +
      "device would be shut out. Restore the right key. If it is lost and all " +
      `devices are installed again: kubectl delete configmap ${markName} -n ${argoNamespace}`,
  );
}

/** What `gcloud container clusters get-credentials` calls the context of the fleet's hub. */
export function gkeContext({ name, cloud }: Pick<Fleet, "name" | "cloud">): string {
  return `gke_${cloud.project}_${cloud.location}_${hubName(name)}`;
}

/** Why a cluster without a mark is not taken for the hub just so. */
export function unnamedHub(
  fleet: Pick<Fleet, "name" | "cloud">,
  { context, server }: HubCluster,
): OperationError | undefined {
  const expected = gkeContext(fleet);
  if (context === expected) return undefined;
  const { project, location } = fleet.cloud;
  return new OperationError(
    `the current context ${context} (${server}) bears no mark of a fleet, and is not ${expected}. ` +
      `If it is the hub of ${fleet.name} all the same, say so: --context ${context}. To get the ` +
      `hub's context: gcloud container clusters get-credentials ${hubName(fleet.name)} ` +
      `--location ${location} --project ${project}`,
  );
}
