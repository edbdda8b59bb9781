/**
 * One visit to a device: its Secrets become what is declared for it.
 *
 * A Secret that is declared and not on the hub stays on the device as it is, so a hub that is made
 * again removes nothing. Only Secrets with the courier's own mark are removed; one of the same name
 * without it was made by somebody else, and stays.
 *
 * A Secret is replaced as a whole. Server-side apply would leave the keys that somebody added on the
 * device, and the Secret would differ from the hub's for ever.
 */
import { workloadLabel } from "../../../fleet/model/contract.ts";
import { isTexts, type ApiObject } from "../shared/api-objects.ts";
import {
  change,
  isDone,
  listAll,
  type ApiServer,
  type AnswerLimits,
} from "../shared/api-server.ts";
import type { SecretData, Secrets } from "./hub.ts";

const mark = "flotilla-courier";
const markLabel = "app.kubernetes.io/managed-by";

/** One Secret has 1.4 MB at most. Twenty devices are visited at a time. */
export const deviceLimits: AnswerLimits = {
  bytesMax: 2 * 2 ** 20,
  valuesMax: 50_000,
  depthMax: 32,
};

/** The most Secrets of the courier's own on one device. */
const secretsMax = 1000;
const secretsPerPage = 100;

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
  const present = await ownSecrets(server, secrets);
  let trouble = "";
  for (const path of declared) {
    const data = secrets.get(path);
    const before = present.get(path);
    present.delete(path);
    if (data === undefined || before?.isSame) continue;
    const status = await put(server, path, data, before !== undefined);
    if (isDone(status)) log(`${path} ${before ? "updated" : "delivered"}`);
    else if (status === 404) trouble ||= `${path} waits for its namespace`;
    else if (status === 409 && !before) trouble ||= `${path} exists and is not the courier's`;
    else trouble ||= `${path}: ${status}`;
  }
  for (const [path, { uid }] of present) {
    const status = await remove(server, path, uid);
    if (isDone(status)) log(`${path} removed`);
    else trouble ||= `${path} cannot be removed: ${status}`;
  }
  return trouble;
}

interface Present {
  readonly uid: string;
  /** Whether its data is what the hub has. */
  readonly isSame: boolean;
}

/** What the courier left on the device before. The data is compared page by page and not kept. */
async function ownSecrets(server: ApiServer, secrets: Secrets): Promise<Map<string, Present>> {
  const present = new Map<string, Present>();
  const found = listAll<ApiObject & { readonly data?: unknown }>(server, "/api/v1/secrets", {
    limit: secretsPerPage,
    labelSelector: `${markLabel}=${mark}`,
    pagesMax: secretsMax,
  });
  for await (const { metadata, data = {} } of found) {
    const { namespace, name, uid } = metadata;
    if (namespace === undefined || uid === undefined)
      throw new Error("the answer is not a list of Secrets");
    const path = `${namespace}/${name}`;
    const wanted = secrets.get(path);
    present.set(path, { uid, isSame: wanted !== undefined && isSame(data, wanted) });
    if (present.size > secretsMax) throw new Error(`more than ${secretsMax} of its own Secrets`);
  }
  return present;
}

function isSame(data: unknown, wanted: SecretData): boolean {
  if (!isTexts(data)) return false;
  const keys = Object.keys(wanted);
  return (
    keys.length === Object.keys(data).length &&
    keys.every((key) => Object.hasOwn(data, key) && data[key] === wanted[key])
  );
}

const collectionUrl = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;

function put(server: ApiServer, path: string, data: SecretData, isThere: boolean): Promise<number> {
  const [namespace = "", name = ""] = path.split("/");
  const labels = { [markLabel]: mark, [workloadLabel]: namespace };
  const content = { apiVersion: "v1", kind: "Secret", metadata: { name, labels }, data };
  const url = isThere ? `${collectionUrl(namespace)}/${name}` : collectionUrl(namespace);
  const method = isThere ? "PUT" : "POST";
  return change(server, `${url}?fieldManager=${mark}`, { method, content });
}

/** Removes this Secret, not one of the same name that was made a moment ago. */
function remove(server: ApiServer, path: string, uid: string): Promise<number> {
  const [namespace = "", name = ""] = path.split("/");
  const content = { preconditions: { uid } };
  return change(server, `${collectionUrl(namespace)}/${name}`, { method: "DELETE", content });
}
