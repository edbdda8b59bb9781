/** The connection to a device's API server: mutual TLS, through the proxy of the device's gateway. */
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { join } from "node:path";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { throughProxy } from "../shared/connect-proxy.ts";
import type { Device } from "./hub.ts";

/** The hub's client certificate, which cert-manager renews, and the root that devices prove. */
export class Identity {
  readonly #folder: string;
  readonly #rootCertificate: string;
  #inUse: { cert: string; key: string; context: SecureContext } | undefined;

  constructor(folder: string, rootCertificate: string) {
    this.#folder = folder;
    this.#rootCertificate = rootCertificate;
  }

  /** Made again when the files change. */
  get context(): SecureContext {
    const read = (name: string) => readFileSync(join(this.#folder, name), "utf8");
    const [cert, key] = [read("tls.crt"), read("tls.key")];
    if (cert !== this.#inUse?.cert || key !== this.#inUse.key) {
      const context = createSecureContext({ ca: this.#rootCertificate, cert, key });
      this.#inUse = { cert, key, context };
    }
    return this.#inUse.context;
  }
}

type Place = Pick<Device, "server" | "serverName" | "proxyUrl">;

/** For one visit: every request of it goes over one connection. */
export function deviceAgent(device: Place, identity: Identity, signal: AbortSignal): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = (_, done) => {
    dial(device, identity, signal).then(
      (socket) => done?.(null, socket),
      // No stream goes with an error.
      (error: Error) => (done as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  };
  return agent;
}

async function dial(
  { server, serverName, proxyUrl }: Place,
  identity: Identity,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { host, hostname, port } = new URL(server);
  const route =
    proxyUrl === undefined
      ? // An IPv6 address is in brackets in a URL only.
        { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) }
      : { socket: await throughProxy(proxyUrl, host, signal) };
  return connect({ ...route, servername: serverName, secureContext: identity.context });
}
