/**
 * One visit to a device: its Secrets become what is declared for it.
 *
 * A Secret that is declared and not on the hub stays on the device as it is, so a hub that is made
 * anew removes nothing. Only Secrets with the courier's own mark are removed; one of the same name
 * without it was made by somebody else, and stays.
 *
 * A Secret is replaced as a whole. Server-side apply would leave the keys that somebody added on the
 * device, and the Secret would differ from the hub's for ever.
 */
import { workloadLabel } from "../../../fleet/model/contract.ts";
import { call, list, type ApiObject, type ApiServer } from "../shared/api-server.ts";
import type { SecretData, Secrets } from "./hub.ts";

const mark = "flotilla-courier";
const markLabel = "app.kubernetes.io/managed-by";

interface Secret extends ApiObject {
  readonly data?: SecretData;
}

export interface DeliveryProps {
  /** The device's API server. */
  readonly server: ApiServer;
  /** `<namespace>/<name>` of what the device is to have. */
  readonly declared: readonly string[];
  /** What is on the hub, by the same paths. */
  readonly secrets: Secrets;
  /** A line for each change. */
  readonly log: (line: string) => void;
}

/** @returns why something could not be delivered, or "" */
export async function deliver(props: DeliveryProps): Promise<string> {
  const { server, declared, secrets, log } = props;
  const present = await ownSecrets(server);
  let trouble = "";
  for (const path of declared) {
    const data = secrets.get(path);
    const before = present.get(path);
    present.delete(path);
    if (data === undefined || (before && isSame(before.data ?? {}, data))) continue;
    const status = await put(server, path, data, before !== undefined);
    if (status < 300) log(`${path} ${before ? "updated" : "delivered"}`);
    else if (status === 404) trouble ||= `${path} waits for its namespace`;
    else if (status === 409 && !before) trouble ||= `${path} exists and is not the courier's`;
    else trouble ||= `${path}: ${status}`;
  }
  for (const [path, secret] of present) {
    const status = await remove(server, path, secret);
    if (status < 300) log(`${path} removed`);
    else trouble ||= `${path} cannot be removed: ${status}`;
  }
  return trouble;
}

/** What the courier left on the device before. */
async function ownSecrets(server: ApiServer): Promise<Map<string, Secret>> {
  const labelSelector = `${markLabel}=${mark}`;
  const { items } = await list<Secret>(server, "/api/v1/secrets", { labelSelector });
  return new Map(
    items.map((secret) => [`${secret.metadata.namespace}/${secret.metadata.name}`, secret]),
  );
}

function isSame(a: SecretData, b: SecretData): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

const collectionUrl = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;

async function put(
  server: ApiServer,
  path: string,
  data: SecretData,
  isThere: boolean,
): Promise<number> {
  const [namespace = "", name = ""] = path.split("/");
  const labels = { [markLabel]: mark, [workloadLabel]: namespace };
  const content = { apiVersion: "v1", kind: "Secret", metadata: { name, labels }, data };
  const url = isThere ? `${collectionUrl(namespace)}/${name}` : collectionUrl(namespace);
  const method = isThere ? "PUT" : "POST";
  const { status } = await call(server, `${url}?fieldManager=${mark}`, { method, content });
  return status;
}

/** Removes this Secret, not one of the same name that was made a moment ago. */
async function remove(server: ApiServer, path: string, { metadata }: Secret): Promise<number> {
  const [namespace = "", name = ""] = path.split("/");
  const content = { preconditions: { uid: metadata.uid } };
  const url = `${collectionUrl(namespace)}/${name}`;
  const { status } = await call(server, url, { method: "DELETE", content });
  return status;
}
