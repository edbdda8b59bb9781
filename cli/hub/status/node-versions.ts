/** The versions of K3s and of the operating system, read from each device through its tunnel. */
import { request, type IncomingMessage } from "node:http";
import { request as secureRequest } from "node:https";
import type { Socket } from "node:net";
import { gatewayOf } from "../../../fleet/rules/gateways.ts";
import type { Device } from "../../../fleet/model/device.ts";
import type { Project } from "../../project/project.ts";
import type { Session } from "../../terminal/session.ts";
import {
  adminAccess,
  deviceCredentials,
  type DeviceCredentials,
} from "../kubeconfig/device-kubeconfig.ts";
import type { HubOptions } from "../kubectl/kubectl.ts";
import { openForward, type Forward } from "../kubectl/port-forward.ts";
import { devicePort } from "../../../fleet/model/contract.ts";
import { readBytes } from "../../../gitops/programs/shared/body.ts";
import { parseJson, type JsonLimits } from "../../../gitops/programs/shared/json.ts";

export interface NodeVersions {
  /** `v1.36.4+k3s1`. */
  readonly k3s: string;
  /** `44.20260621.3.1`. */
  readonly coreos: string;
}

export interface AskedNodes {
  /** By device. */
  readonly versions: ReadonlyMap<string, NodeVersions>;
  /** Why some did not answer, in one sentence; undefined if all did. */
  readonly problem: string | undefined;
}

const askedAtOnceMax = 16;
const answerSecondsMax = 15;

/** A Node has about 20 KB: the names of up to 50 images are the most of it. */
const answerBytesMax = 2 ** 20;
const answerLimits: JsonLimits = { valuesMax: 20_000, depthMax: 32 };
const versionLengthMax = 100;

/**
 * Asks devices that are present. One that does not answer does not stop the others.
 *
 * @throws KubectlError if the gateway's proxy can't be reached
 */
export async function askNodes(
  { fleet, key }: Pick<Project, "fleet" | "key">,
  devices: readonly Device[],
  options: HubOptions,
  session: Session,
): Promise<AskedNodes> {
  const access = adminAccess("status", new Date(), 0.25, fleet.certificates);
  const forwards = new Map<string, Forward>();
  const versions = new Map<string, NodeVersions>();
  const failures: string[] = [];
  try {
    for (const device of devices.filter(({ connectivity }) => connectivity === "gateway")) {
      const gateway = gatewayOf(fleet, device);
      if (!forwards.has(gateway.name)) {
        forwards.set(gateway.name, await openForward(gateway, options, session));
      }
    }
    const waiting = [...devices];
    const work = async () => {
      for (let device = waiting.shift(); device !== undefined; device = waiting.shift()) {
        const credentials = deviceCredentials(fleet, device, key, access);
        const isFar = device.connectivity === "gateway";
        const forward = isFar ? forwards.get(gatewayOf(fleet, device).name) : undefined;
        try {
          versions.set(device.name, await askNode(device, credentials, forward?.port));
        } catch (error) {
          failures.push(`${device.name} (${(error as Error).message})`);
        }
      }
    };
    await Promise.all(Array.from({ length: askedAtOnceMax }, work));
  } finally {
    for (const { child } of forwards.values()) child.kill();
  }
  return { versions, problem: problemOf(failures.toSorted(), devices.length) };
}

function problemOf(failures: readonly string[], asked: number): string | undefined {
  if (failures.length === 0) return undefined;
  const more = failures.length > 3 ? ", …" : "";
  const some = failures.slice(0, 3).join(", ");
  return `versions: ${failures.length} of ${asked} devices did not answer: ${some}${more}`;
}

/** @param proxyPort of the gateway's proxy on this machine; undefined for a direct connection */
export async function askNode(
  device: Pick<Device, "name" | "address" | "serverName">,
  credentials: DeviceCredentials,
  proxyPort: number | undefined,
  port = devicePort,
): Promise<NodeVersions> {
  const { name, address, serverName } = device;
  const signal = AbortSignal.timeout(answerSecondsMax * 1000);
  const socket =
    proxyPort === undefined ? undefined : await connect(proxyPort, `${address}:${port}`, signal);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    secureRequest(
      {
        host: address,
        port,
        path: `/api/v1/nodes/${name}`,
        agent: false,
        signal,
        servername: serverName,
        ca: credentials.authority,
        cert: credentials.certificate,
        key: credentials.privateKey,
        ...(socket && { socket }),
      },
      resolve,
    )
      .on("error", reject)
      // Node closes the connection without an error.
      .on("upgrade", (_, upgraded) => {
        upgraded.destroy();
        reject(new Error("it answers in another protocol"));
      })
      .end();
  });
  const body = await readBytes(response, answerBytesMax);
  if (response.statusCode !== 200) throw new Error(`it answers ${response.statusCode}`);
  return parseNode(body);
}

/** A way to `target` through an HTTP CONNECT proxy. */
function connect(proxyPort: number, target: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: proxyPort, method: "CONNECT", path: target, signal })
      .on("connect", ({ statusCode }, socket) => {
        if (statusCode === 200) return resolve(socket as Socket);
        socket.destroy();
        reject(new Error(`the gateway answers ${statusCode}`));
      })
      .on("error", reject)
      .end();
  });
}

/** @param body a Node as JSON, from a device that may send anything */
function parseNode(body: Buffer): NodeVersions {
  const node = parseJson(body, answerLimits) as {
    status?: { nodeInfo?: { kubeletVersion?: unknown; osImage?: unknown } };
  } | null;
  const { kubeletVersion, osImage } = node?.status?.nodeInfo ?? {};
  const coreos = versionOf(osImage).replace(/^Fedora CoreOS /, "");
  return { k3s: versionOf(kubeletVersion), coreos };
}

function versionOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, versionLengthMax) : "";
}
