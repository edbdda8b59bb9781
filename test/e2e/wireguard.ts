/**
 * WireGuard in user space (wireguard-go), for kernels that have none.
 *
 * Traps handled here:
 * - Its control socket lies in one folder for all namespaces: the name of an interface must be
 *   unique on the whole machine, not only in its namespace.
 * - Killed with -9 it leaves the socket, and the next one refuses to start.
 * - `wg` cannot read its configuration from Node's pipes, which are sockets: it gets a file.
 * - The interface ends with the process: addresses and routes are set again at each start.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, type Processes, type Service } from "./processes.ts";

export interface WireguardOptions {
  readonly namespace: string;
  /** At most 15 letters, unique on the machine. */
  readonly interfaceName: string;
  /** With the length of the prefix. */
  readonly address: string;
  /** What goes through the tunnel. */
  readonly routes: readonly string[];
  /** As `wg setconf` takes it: asked at each start. */
  readonly configuration: () => string;
  /** Bytes. @default 1420, as wg-quick sets it */
  readonly packetBytesMax?: number;
}

export interface Wireguard {
  readonly service: Service;
  start(): Promise<void>;
  /** Makes the peers those of the configuration, and leaves the others' traffic alone. */
  synchronize(configuration: string): Promise<void>;
  /** Of each peer by its public key: seconds since 1970, 0 for never. */
  handshakes(): Promise<ReadonlyMap<string, number>>;
}

const sockets = "/var/run/wireguard";

export function wireguard(processes: Processes, options: WireguardOptions): Wireguard {
  const { namespace, interfaceName, address, routes, packetBytesMax = 1420 } = options;
  const socket = join(sockets, `${interfaceName}.sock`);
  const inNamespace = (command: readonly string[]) => run(command, { namespace });
  const configure = (command: "setconf" | "syncconf", configuration: string) => {
    const path = join(processes.folder, `${interfaceName}.conf`);
    writeFileSync(path, configuration, { mode: 0o600 });
    return inNamespace(["wg", command, interfaceName, path]);
  };
  const service = processes.service({
    name: `wireguard-${interfaceName}`,
    namespace,
    command: ["wireguard-go", "--foreground", interfaceName],
    environment: { LOG_LEVEL: "error" },
    ready: () => existsSync(socket),
  });
  return {
    service,
    start: async () => {
      rmSync(socket, { force: true });
      await service.start();
      await configure("setconf", options.configuration());
      await inNamespace(["ip", "address", "add", address, "dev", interfaceName]);
      const up = ["ip", "link", "set", interfaceName, "mtu", String(packetBytesMax), "up"];
      await inNamespace(up);
      for (const route of routes) {
        await inNamespace(["ip", "route", "replace", route, "dev", interfaceName]);
      }
    },
    synchronize: async (configuration) => {
      await configure("syncconf", configuration);
    },
    handshakes: async () => {
      const lines = (await inNamespace(["wg", "show", interfaceName, "latest-handshakes"])).trim();
      const pairs = lines.split("\n").map((line) => line.split("\t"));
      return new Map(pairs.map(([key = "", seconds = "0"]) => [key, Number(seconds)]));
    },
  };
}
