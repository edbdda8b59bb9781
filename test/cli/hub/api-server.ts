/**
 * A real kube-apiserver on this machine's loopback, with the authorities of one of the fleet's
 * devices: it plays that device, and a hub as well.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { deviceAuthorities } from "../../../fleet/keys/authorities.ts";
import type { RootKey } from "../../../fleet/keys/root-key.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { makeLeaf } from "../../e2e/certificates.ts";
import { writeKubeconfig } from "../../e2e/kubeconfig.ts";
import { processes, run } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import type { Device } from "../../../fleet/model/device.ts";

const peers = ["kubernetes-1.36.3-2", "kine-0.16.4", "kubectl-1.35.2"].map(peerPath);

/** Whether this machine has what it takes. */
export const hasApiServer = peers.every((path) => path !== undefined);

export interface ApiServer {
  readonly url: string;
  /** The real kubectl. */
  readonly kubectl: string;
  /** A kubeconfig of a user, with the groups of an openssl subject. */
  readonly user: (subject: string) => Promise<string>;
  /** Runs kubectl as the administrator. */
  readonly admin: (args: readonly string[], input?: string) => Promise<string>;
  readonly end: () => Promise<void>;
}

/**
 * @param folder short: it holds a socket
 * @param flags of kube-apiserver, `NAME=VALUE`: each replaces one of the same name, as K3s does it
 */
export async function startApiServer(
  folder: string,
  fleet: Fleet,
  device: Device,
  key: RootKey,
  flags: readonly string[] = [],
): Promise<ApiServer> {
  const [kubernetes = "", kine = "", kubectl = ""] = peers;
  const authorities = join(folder, "tls");
  for (const [name, text] of deviceAuthorities(fleet, device, key)) {
    mkdirSync(dirname(join(authorities, name)), { recursive: true });
    writeFileSync(join(authorities, name), text, { mode: 0o600 });
  }
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const leaf = (name: string, subject: string, authority: "client-ca" | "server-ca") =>
    makeLeaf(authorities, join(folder, "leaves"), {
      name,
      authority,
      subject,
      usage: authority === "client-ca" ? "clientAuth" : "serverAuth",
      ...(authority === "server-ca" && {
        alternativeNames: [`DNS:${device.serverName}`, "DNS:localhost", "IP:127.0.0.1"],
      }),
    });
  const serving = await leaf("serving", "/CN=kube-apiserver", "server-ca");
  const user = async (subject: string) => {
    const name = subject.replaceAll(/[^a-z]+/gi, "-");
    const pair = await leaf(name, subject, "client-ca");
    const path = join(folder, `${name}.kubeconfig`);
    return writeKubeconfig(path, url, join(authorities, "server-ca.crt"), pair);
  };
  const administrator = await user("/O=system:masters/CN=admin");
  const admin = (args: readonly string[], input?: string) =>
    run([kubectl, `--kubeconfig=${administrator}`, ...args], input === undefined ? {} : { input });

  const parts = processes(join(folder, "run"));
  const socket = join(folder, "kine.sock");
  const store = parts.service({
    name: "kine",
    command: [
      kine,
      `--endpoint=sqlite://${join(folder, "state.db")}?_journal=WAL&cache=shared&_busy_timeout=30000`,
      `--listen-address=unix://${socket}`,
      "--metrics-bind-address=0",
    ],
    ready: () => run(["test", "-S", socket]),
  });
  const program = join(folder, "kube-apiserver");
  symlinkSync(kubernetes, program);
  const file = (name: string) => join(authorities, name);
  const server = parts.service({
    name: "kube-apiserver",
    command: [
      program,
      `--etcd-servers=unix://${socket}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      "--advertise-address=192.0.2.1",
      "--endpoint-reconciler-type=none",
      "--authorization-mode=RBAC",
      "--anonymous-auth=false",
      "--service-cluster-ip-range=10.43.0.0/16",
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${file("client-ca.crt")}`,
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${file("service.key")}`,
      `--service-account-signing-key-file=${file("service.key")}`,
      // The last one of a name counts.
      ...flags.map((flag) => `--${flag}`),
    ],
    ready: () => admin(["get", "--raw", "/readyz"]),
    readySeconds: 120,
  });
  await store.start();
  await server.start();
  return {
    url,
    kubectl,
    user,
    admin,
    async end() {
      // Without its store it would hang for a minute.
      await server.stop();
      await store.stop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
