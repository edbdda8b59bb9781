/**
 * The real NetworkManager (Debian's) in a network namespace of its own: what it makes of keyfiles, after
 * a start and after a restart. Behind its cables is a router, whose dnsmasq has DHCP and router
 * advertisements.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerPath } from "../peers/peers.ts";

/** A folder with `bin` and `lib`. */
const tools = peerPath("network-manager-debian-12");

const environment = {
  ...process.env,
  PATH: `${tools}/bin:${process.env["PATH"]}`,
  LD_LIBRARY_PATH: `${tools}/lib`,
  LC_ALL: "C.UTF-8",
};

/** Whether the tools and network namespaces are there. */
export const hasNetworkManager =
  tools !== undefined &&
  spawnSync("unshare", ["--net", "--mount", "ip", "link"], { stdio: "ignore" }).status === 0;

/** Whether the kernel makes interfaces of the type, `bond`. */
export function kernelHas(type: string): boolean {
  const add = ["--net", "ip", "link", "add", "x", "type", type];
  if (type !== "vlan") return spawnSync("unshare", add, { stdio: "ignore" }).status === 0;
  const script = "ip link add y type bridge && ip link add link y name x type vlan id 5";
  return spawnSync("unshare", ["--net", "sh", "-c", script], { stdio: "ignore" }).status === 0;
}

export interface Cable {
  /** The interface's name in the machine. */
  readonly name: string;
  readonly macAddress?: string;
  /** The addresses of the router's end, with prefix lengths. @default none: nobody is there */
  readonly router?: readonly string[];
  readonly mtu?: number;
}

export interface Network {
  readonly keyfiles: ReadonlyMap<string, string>;
  readonly cables: readonly Cable[];
  /** Arguments of the router's dnsmasq. @default it does not run */
  readonly dnsmasq?: readonly string[];
}

interface Address {
  readonly ifname: string;
  readonly mtu: number;
  readonly operstate: string;
  readonly master?: string;
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
  readonly metric?: number;
}

export interface NetworkState {
  /** The global addresses of an interface, with prefix lengths. */
  addressesOf(name: string): string[];
  link(name: string): Address;
  /** As `ip route` shows them: `default via 10.1.1.1 dev eno1 metric 100`. */
  readonly routes: readonly string[];
  /** Connections that are active: `eno1:eno1:activated`. */
  readonly active: readonly string[];
  /** The lines of resolv.conf. */
  readonly resolver: readonly string[];
}

/** The state after a start, and the one after a restart. */
export function networkAfter(network: Network): readonly [NetworkState, NetworkState] {
  const folder = mkdtempSync(join(tmpdir(), "network-manager-"));
  const [machine, router] = [`flotilla-${process.pid}-nm`, `flotilla-${process.pid}-nm-router`];
  const inRouter = (...args: readonly string[]) => ip("-n", router, ...args);
  let server: ReturnType<typeof spawn> | undefined;
  try {
    for (const name of [machine, router]) ip("netns", "add", name);
    inRouter("link", "set", "lo", "up");
    for (const [index, cable] of network.cables.entries()) {
      const far = `r${index + 1}`;
      ip(
        "-n",
        machine,
        "link",
        "add",
        cable.name,
        "type",
        "veth",
        "peer",
        "name",
        far,
        "netns",
        router,
      );
      if (cable.macAddress)
        ip("-n", machine, "link", "set", cable.name, "address", cable.macAddress);
      inRouter("link", "set", far, "mtu", String(cable.mtu ?? 1500), "up");
      for (const address of cable.router ?? []) {
        inRouter(
          "address",
          "add",
          address,
          "dev",
          far,
          ...(address.includes(":") ? ["nodad"] : []),
        );
      }
    }
    if (network.dnsmasq !== undefined) {
      const own = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--leasefile-ro"];
      const root = ["--user=root", "--group=root", `--pid-file=${folder}/dnsmasq.pid`];
      const args = ["netns", "exec", router, "dnsmasq", ...own, ...root, ...network.dnsmasq];
      server = spawn("ip", args, { env: environment, stdio: "ignore" });
    }
    mkdirSync(join(folder, "keyfiles"));
    for (const [name, text] of network.keyfiles)
      writeFileSync(join(folder, "keyfiles", name), text);
    const script = join(import.meta.dirname, "network-manager.sh");
    const links = network.cables.map(({ name }) => name);
    execFileSync(
      "ip",
      [
        "netns",
        "exec",
        machine,
        "unshare",
        "--mount",
        "--propagation",
        "private",
        script,
        folder,
        ...links,
      ],
      { env: environment, stdio: "pipe", timeout: 120_000 },
    );
    return [stateIn(join(folder, "1")), stateIn(join(folder, "2"))];
  } finally {
    server?.kill();
    for (const name of [machine, router]) spawnSync("ip", ["netns", "delete", name]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

function stateIn(folder: string): NetworkState {
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const json = (name: string): unknown => JSON.parse(read(name) || "[]");
  const lines = (name: string) =>
    read(name)
      .split("\n")
      .filter((line) => line !== "");
  const links = json("addresses") as readonly Address[];
  const link = (name: string) => {
    const found = links.find(({ ifname }) => ifname === name);
    if (found === undefined) throw new Error(`there is no ${name}:\n${read("log")}`);
    return found;
  };
  const routes = [...(json("routes4") as KernelRoute[]), ...(json("routes6") as KernelRoute[])];
  return {
    link,
    addressesOf: (name) =>
      link(name)
        .addr_info.filter(({ scope }) => scope === "global")
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    routes: routes.map(({ dst, gateway, dev, metric }) =>
      [dst, ...(gateway ? [`via ${gateway}`] : []), `dev ${dev}`, `metric ${metric ?? 0}`].join(
        " ",
      ),
    ),
    active: lines("active"),
    resolver: lines("resolv.conf").filter((line) => !line.startsWith("#")),
  };
}

/** The keys of a keyfile, by section and name: `ipv4.method`. */
export function keysOf(keyfile: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let section = "";
  for (const line of keyfile.split("\n")) {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
    const at = line.indexOf("=");
    if (at > 0) found.set(`${section}.${line.slice(0, at)}`, line.slice(at + 1));
  }
  return found;
}

/** A keyfile as NetworkManager's own parser and writer make it again; throws if they refuse it. */
export function rewritten(keyfile: string): string {
  // A change to what is there already.
  const args = ["--offline", "connection", "modify", "connection.zone", ""];
  const { status, stdout, stderr } = spawnSync("nmcli", args, {
    env: environment,
    input: keyfile,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${stderr}\n${keyfile}`);
  return stdout;
}
