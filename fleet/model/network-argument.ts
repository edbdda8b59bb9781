/**
 * Arguments of the kernel command line of which the initramfs makes or changes connections: what
 * nm-initrd-generator(8) reads of dracut.cmdline(7), section Network.
 *
 * Not here: what names interfaces (`ifname`, `net.ifnames`, `rd.znet_ifname`), because Fedora CoreOS carries
 * that over by itself, and what decides when and how long the initramfs waits (`rd.neednet`,
 * `rd.net.timeout.carrier`, `rd.bootif=0`), which changes no connection.
 */
const names = [
  "ip",
  "nameserver",
  "rd.route",
  "rd.peerdns",
  "vlan",
  "bond",
  "bridge",
  "team",
  "bootdev",
  "BOOTIF",
  "ib.pkey",
  "rd.ethtool",
  "rd.znet",
  "rd.iscsi.ibft",
  "rd.net.dns",
  "rd.net.dns-resolve-mode",
  "rd.net.dns-backend",
  "rd.net.timeout.dhcp",
  "rd.net.dhcp.retry",
  "rd.net.dhcp.vendor-class",
  "rd.net.dhcp.client-id",
  "rd.net.dhcp.dscp",
] as const;

type NetworkArgumentName = (typeof names)[number];

/** Those that a key of `interfaces` takes the place of. */
const declarable: ReadonlySet<NetworkArgumentName> = new Set([
  "ip",
  "nameserver",
  "rd.route",
  "rd.peerdns",
  "vlan",
  "bond",
  "bridge",
  "bootdev",
  "BOOTIF",
]);

export interface NetworkArgument {
  readonly name: NetworkArgumentName;
  /** Empty for one without `=`. */
  readonly value: string;
}

/** Undefined for an argument that sets nothing of a connection. */
export function networkArgument(argument: string): NetworkArgument | undefined {
  const [word = ""] = argument.split("=", 1);
  // NetworkManager takes BOOTIF, which is PXELINUX's, in any case.
  const found = /^bootif$/i.test(word) ? "BOOTIF" : word;
  const name = names.find((each) => each === found);
  return name === undefined ? undefined : { name, value: argument.slice(word.length + 1) };
}

/** What is wrong with such an argument on a device that declares its interfaces. */
export function besideInterfaces(argument: string): string | undefined {
  const found = networkArgument(argument);
  if (found === undefined) return undefined;
  const shown = argument.includes("=") ? `${found.name}=` : found.name;
  const fix = declarable.has(found.name)
    ? "Write this setting under interfaces, and delete it here."
    : "No key of interfaces has this setting. Delete it, or interfaces.";
  return `${shown} and interfaces exclude each other: Fedora CoreOS reads one of them. ${fix}`;
}
