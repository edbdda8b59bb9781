/**
 * The shop of the machine: a router with a DHCP server, a name server and NAT, in its own network namespace;
 * a mirror of K3s' releases and of its RPM repository; and a time server on the internet. The machine's
 * network card is a tap in the router's namespace.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../control-plane.ts";
import { listens, run } from "../processes.ts";
import type { World } from "../world.ts";

export interface ShopOptions {
  readonly world: World;
  /** Debian's root file system. Its chrony is the time server. */
  readonly root: string;
  /** The version of K3s that the mirror has. */
  readonly version: string;
}

export interface Shop {
  readonly namespace: string;
  /** The tap of the machine's network card. */
  readonly tap: string;
}

export const gatewayName = "gateway.e2e.example.com";
/** The address of the shop's router, DHCP server and name server. */
export const router = "192.168.1.1";

/** The mirror in the fleet file's site. */
export const mirrorUrl = `http://${router}/k3s`;

/** The hash of the stand-in for K3s' binary. */
export function binarySha256(): string {
  return createHash("sha256").update(readFileSync(binary)).digest("hex");
}

const binary = join(import.meta.dirname, "k3s.sh");

export async function shop({ world, root, version }: ShopOptions): Promise<Shop> {
  const { network, processes, internet } = world;
  const namespace = network.add({ label: "qemu", router: true });
  const [near, far] = ["198.51.100.202", "198.51.100.201"];
  network.cable(
    { namespace, interfaceName: "wan", address: `${near}/30` },
    { namespace: internet, interfaceName: "qemu", address: `${far}/30` },
  );
  network.route(namespace, "default", "via", far);
  network.masquerade(namespace, "wan");
  const tap = "lan";
  for (const words of [
    ["tuntap", "add", tap, "mode", "tap"],
    ["address", "add", `${router}/24`, "dev", tap],
    ["link", "set", tap, "up"],
  ]) {
    await run(["ip", "-n", namespace, ...words]);
  }

  const web = join(processes.folder, "mirror");
  mkdirSync(join(web, "k3s", version), { recursive: true });
  copyFileSync(binary, join(web, "k3s", version, "k3s"));
  writeFileSync(join(web, "k3s-selinux.rpm"), "stand-in\n");
  const busybox = join(peer("emulator-debian-12"), "busybox");
  const services = [
    processes.service({
      name: "shop-mirror",
      namespace,
      command: [busybox, "httpd", "-f", "-p", `${router}:80`, "-h", web],
    }),
    processes.service({
      name: "shop-router",
      namespace,
      command: routerCommand(tap),
      environment: { LD_LIBRARY_PATH: join(peer("network-manager-debian-12"), "lib") },
      ready: () => listens(namespace, 53),
    }),
  ];
  const timeServer = processes.service({
    name: "time-server",
    namespace: internet,
    command: ["chroot", root, "/usr/sbin/chronyd", ...timeServerArguments],
  });
  for (const service of [...services, timeServer]) await service.start();
  return { namespace, tap };
}

function routerCommand(tap: string): string[] {
  const names = {
    [gatewayName]: "203.0.113.2",
    // The internet's end of the gateway's cable.
    "fedora.pool.ntp.org": "203.0.113.1",
    "rpm.rancher.io": router,
  };
  return [
    join(peer("network-manager-debian-12"), "bin/dnsmasq"),
    "--keep-in-foreground",
    "--user=root",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--dhcp-leasefile=/dev/null",
    `--interface=${tap}`,
    "--dhcp-range=192.168.1.50,192.168.1.99,1h",
    `--dhcp-option=option:dns-server,${router}`,
    ...Object.entries(names).map(([name, address]) => `--address=/${name}/${address}`),
  ];
}

/** It serves this machine's time and does not set it (-x). */
const timeServerArguments = [
  ["-x", "-d", "-u", "root", "-f", "/dev/null"],
  [
    "local stratum 5",
    "allow",
    "port 123",
    "cmdport 0",
    "bindcmdaddress /",
    "pidfile /run/time.pid",
  ],
].flat();
