/** What the courier reads on the hub: the Secrets that it delivers, and where the devices are. */
import { deviceLabel, workloadLabel } from "../../../fleet/model/contract.ts";
import type { ApiObject } from "../shared/api-objects.ts";
import { listAll, type ApiServer } from "../shared/api-server.ts";
import { secretLabel, secretsNamespace, type CourierSettings } from "./settings.ts";

/** A Secret's data in base64, by its keys. */
export type SecretData = Readonly<Record<string, string>>;

/** `<workload>/<name>`, which is the namespace and the name on a device, to the data. */
export type Secrets = ReadonlyMap<string, SecretData>;

export interface Device {
  readonly name: string;
  /** URL of its API server. */
  readonly server: string;
  /** The name in the certificate of its API server. */
  readonly serverName: string;
  /** Undefined where the device is reached without a proxy. */
  readonly proxyUrl: string | undefined;
  /** The workloads with Secrets that it runs. */
  readonly workloads: readonly string[];
}

/** Objects in a page of a list. */
const limit = 50;

const home = `/api/v1/namespaces/${secretsNamespace}`;

export async function readSecrets(hub: ApiServer): Promise<Secrets> {
  const secrets = new Map<string, SecretData>();
  const options = { limit, labelSelector: secretLabel };
  const found = listAll<ApiObject & { data?: SecretData }>(hub, `${home}/secrets`, options);
  for await (const { metadata, data = {} } of found) {
    const { [workloadLabel]: workload, [secretLabel]: name } = metadata.labels ?? {};
    secrets.set(`${workload}/${name}`, data);
  }
  return secrets;
}

interface Address extends ApiObject {
  readonly data: Pick<Device, "server" | "serverName"> & { readonly proxyUrl?: string };
}

export async function readDevices(
  hub: ApiServer,
  workloads: CourierSettings["workloads"],
): Promise<Device[]> {
  const devices: Device[] = [];
  const options = { limit, labelSelector: deviceLabel };
  for await (const address of listAll<Address>(hub, `${home}/configmaps`, options)) {
    const { name, labels = {} } = address.metadata;
    const { server, serverName, proxyUrl } = address.data;
    const own = Object.entries(workloads).filter(([, { selector }]) =>
      Object.entries(selector).every(([key, value]) => labels[key] === value),
    );
    devices.push({ name, server, serverName, proxyUrl, workloads: own.map(([key]) => key) });
  }
  return devices;
}
