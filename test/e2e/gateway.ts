/**
 * The gateway's pod as processes in a namespace of its own: every container of the Deployment that
 * lies in the hub, by its own command, environment and volumes. The harness plays the kubelet:
 * volumes are made from the hub's ConfigMaps and Secret, and follow them.
 *
 * What differs from a cluster: a kubelet takes up to a minute and a half to carry a changed ConfigMap
 * into a pod, the harness a second; NetworkPolicies are enforced by nobody here; the images' programs
 * are Debian's.
 */
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { peer, type ControlPlane } from "./control-plane.ts";
import { listens, type Processes, type Service } from "./processes.ts";
import { putVolume } from "./volume.ts";

export const gatewayNamespace = "flotilla-gateway";

export interface GatewayOptions {
  readonly hub: ControlPlane;
  /** The network namespace. */
  readonly namespace: string;
  readonly folder: string;
}

export type GatewayPart = "tunnel" | "proxy" | "metrics";

export interface Gateway {
  readonly parts: Readonly<Record<GatewayPart, Service>>;
  /** Carries the hub's ConfigMaps and Secret into the volumes, now. */
  carry(): Promise<void>;
}

interface Container {
  readonly name: GatewayPart;
  readonly command: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: {
    readonly secretName: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
  readonly hostPath?: unknown;
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly Container[];
        readonly volumes: readonly Volume[];
      };
    };
  };
}

/** Reads the Deployment `gateway` of the hub: it has to be there. Starts nothing. */
export async function gateway(processes: Processes, options: GatewayOptions): Promise<Gateway> {
  const { hub, namespace, folder } = options;
  const inNamespace = ["--namespace", gatewayNamespace];
  const { spec } = await hub.get<Deployment>("deployment", "gateway", ...inNamespace);
  const { containers, volumes } = spec.template.spec;
  const place = (volume: string) => join(folder, volume);
  for (const { name, hostPath } of volumes) {
    if (hostPath !== undefined) continue;
    mkdirSync(place(name), { recursive: true });
    chmodSync(place(name), 0o777);
  }
  const carry = async () => {
    for (const { name, configMap, secret } of volumes) {
      if (configMap !== undefined) {
        const { data } = await hub.get<{ data: Readonly<Record<string, string>> }>(
          "configmap",
          configMap.name,
          ...inNamespace,
        );
        putVolume(place(name), data);
      }
      if (secret !== undefined) {
        const { data } = await hub.get<{ data: Readonly<Record<string, string>> }>(
          "secret",
          secret.secretName,
          ...inNamespace,
        );
        const files = secret.items.map(({ key, path }) => [path, decoded(data[key])]);
        putVolume(place(name), Object.fromEntries(files) as Record<string, string>, 0o400);
      }
    }
  };
  await carry();
  const hostPaths = new Set(volumes.filter(({ hostPath }) => hostPath).map(({ name }) => name));
  const service = (container: Container): Service => {
    const mounts = container.volumeMounts
      .filter(({ name }) => !hostPaths.has(name))
      .map(({ name, mountPath }) => [mountPath, place(name)] as const);
    return processes.service({
      name: `gateway-${container.name}`,
      namespace,
      command: programOf(container),
      environment: Object.fromEntries((container.env ?? []).map((one) => [one.name, one.value])),
      mounts: Object.fromEntries(mounts),
      ...(container.name === "tunnel"
        ? {}
        : { ready: () => listens(namespace, container.name === "proxy" ? 3128 : 9586) }),
    });
  };
  const made = containers.map((container) => [container.name, service(container)] as const);
  return { parts: Object.fromEntries(made) as Gateway["parts"], carry };
}

/** The container's own command, with the programs where this machine has them. */
function programOf({ name, command }: Container): readonly string[] {
  if (name === "metrics") return [peer("node-exporter-1.12.1"), ...command.slice(1)];
  if (name !== "proxy") return command;
  // As the image's user, to whom standard output has to belong; and by a name of its own, as other
  // Squids of this machine share their memory with it by name.
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const squid = ["squid", "-n", `e2e${process.pid}`, ...command.slice(1)].join(" ");
  return [...nobody, "sh", "-c", `${squid} 2>&1 | cat`];
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString();
}
