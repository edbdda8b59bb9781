/**
 * Network namespaces that stand for machines, and cables between them.
 *
 * Traps handled here:
 * - Names are unique for each harness (its process id is in them), and what a killed harness left
 *   behind is removed by the next one.
 * - A namespace starts with its loopback down.
 * - The names of the hub's Services (`gateway.flotilla-gateway.svc`) are not in DNS: a namespace has its
 *   own hosts file, which `ip netns exec` mounts over /etc/hosts. A DNS query would take 5 s each time
 *   (Squid asks for this machine's name), because no server answers.
 * - Routers are namespaces with several cables and `ip_forward`; with a bridge, machines would see each
 *   other although they could not over the internet.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { atExit } from "./processes.ts";

export interface NamespaceOptions {
  /** At most about 20 letters, unique in the harness. */
  readonly label: string;
  /** Names that resolve in it, with their addresses. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Whether it forwards packets between its cables. @default false */
  readonly router?: boolean;
}

/** One end of a cable. */
export interface CableEnd {
  readonly namespace: string;
  /** At most 15 letters, unique in the namespace. */
  readonly interfaceName: string;
  /** With the length of the prefix: `192.0.2.1/24`. */
  readonly address: string;
}

export interface Namespaces {
  /** @returns the name of the new namespace */
  add(options: NamespaceOptions): string;
  cable(one: CableEnd, other: CableEnd): void;
  /** `ip route replace …` in the namespace, by its words. */
  route(namespace: string, ...words: readonly string[]): void;
  /** Gives packets that leave by the interface the interface's address (NAT). */
  masquerade(namespace: string, interfaceName: string): void;
  /** Removes them all, with their cables and interfaces. */
  remove(): void;
}

const prefix = "flotilla-";
const filesRoot = "/etc/netns";

export function namespaces(): Namespaces {
  removeStale();
  const names = new Set<string>();
  const remove = () => {
    for (const name of names) removeOne(name);
    names.clear();
  };
  atExit(remove);
  return {
    add: ({ label, hosts = {}, router = false }) => {
      const name = `${prefix}${process.pid}-${label}`;
      mkdirSync(join(filesRoot, name), { recursive: true });
      const known = { localhost: "127.0.0.1", [hostname()]: "127.0.0.1", ...hosts };
      const lines = Object.entries(known).map(([host, address]) => `${address} ${host}\n`);
      writeFileSync(join(filesRoot, name, "hosts"), lines.join(""));
      writeFileSync(join(filesRoot, name, "resolv.conf"), "nameserver 127.0.0.1\n");
      names.add(name);
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
      if (router) execute("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1");
      return name;
    },
    cable: (one, other) => {
      const peer = ["peer", "name", other.interfaceName, "netns", other.namespace];
      ip("link", "add", one.interfaceName, "netns", one.namespace, "type", "veth", ...peer);
      for (const { namespace, interfaceName, address } of [one, other]) {
        ip("-n", namespace, "address", "add", address, "dev", interfaceName);
        ip("-n", namespace, "link", "set", interfaceName, "up");
      }
    },
    masquerade: (namespace, interfaceName) => {
      const chain = "type nat hook postrouting priority srcnat";
      const rule = `oifname "${interfaceName}" masquerade`;
      const rules = `table ip nat { chain postrouting { ${chain}; ${rule}; }; }`;
      execute("ip", "netns", "exec", namespace, "nft", rules);
    },
    route: (namespace, ...words) => ip("-n", namespace, "route", "replace", ...words),
    remove,
  };
}

/** Removes what a harness that no longer runs left behind: nothing else would remove it. */
function removeStale(): void {
  for (const line of execute("ip", "netns", "list").split("\n")) {
    const [, id] = new RegExp(`^${prefix}(\\d+)-`).exec(line) ?? [];
    if (id !== undefined && !alive(Number(id))) removeOne(line.split(" ")[0] ?? "");
  }
}

function removeOne(name: string): void {
  rmSync(join(filesRoot, name), { recursive: true, force: true });
  try {
    // Helpers of killed processes (git, sleep) may still be in it.
    const ids = execute("ip", "netns", "pids", name).split("\n").filter(Boolean);
    for (const id of ids) process.kill(Number(id), "SIGKILL");
    ip("netns", "delete", name);
  } catch {
    // It was never made, or is already removed.
  }
}

function alive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function ip(...words: readonly string[]): void {
  execute("ip", ...words);
}

function execute(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
