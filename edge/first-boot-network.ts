/**
 * The network of the first boot, and what of it the installed system keeps.
 *
 * The initramfs of the first boot gets its network from `ip=` and the like on the kernel command line,
 * or from keyfiles that the installer copied to /boot/coreos-firstboot-network. Fedora CoreOS carries
 * these settings into the installed system only where that has no keyfile in
 * /etc/NetworkManager/system-connections, or where the command line has `coreos.force_persist_ip`
 * (coreos-teardown-initramfs of fedora-coreos-config). The tunnel is such a keyfile, so a device with
 * one asks for it. Where nothing but DHCP was used, nothing is carried over in either case.
 *
 * Where interfaces are declared, the installed system has the same keyfiles as the initramfs, and nothing
 * must be carried over.
 *
 * A keyfile in an operator's own Butane is left as Fedora CoreOS has it: it replaces the settings of
 * the initramfs, unless these are declared too. A connection that is carried over has autoconnect
 * priority -100, so where two are for one interface, the operator's is used. Only a file of the same
 * name, which nm-initrd-generator names by the interface, would be overwritten.
 */
import { networkArgument } from "../fleet/model/network-argument.ts";
import { objectOf } from "./butane/checks.ts";
import type { EdgeDevice } from "./device.ts";
import { keyfileFolder } from "./keyfile.ts";
import { renderedSnippet } from "./snippets.ts";
import { persistArgument } from "./snippets/accounts.ts";
import { nodesOf } from "./snippets/own-system.ts";

/** The kernel arguments of the installed system: what the device declares, and what keeps its network. */
export function installedArguments(device: EdgeDevice): readonly string[] {
  const declared = device.kernelArguments;
  const isSet = declared.some((argument) => argument.split("=", 1)[0] === persistArgument);
  return isSet || !mustPersist(device) ? declared : [...declared, persistArgument];
}

function mustPersist(device: EdgeDevice): boolean {
  if (device.installerKeyfiles.size > 0) return false;
  if (![...device.owners.paths.keys()].some(isKeyfile)) return false;
  const configs = device.snippets.map(renderedSnippet);
  const keyfiles = configs
    .flatMap((config) => nodesOf(config))
    .filter(({ list, real }) => list !== "directories" && isKeyfile(real))
    .map(({ real }) => connectionOf(real));
  if (keyfiles.length === 0) return true;
  const later = configs.flatMap(
    (config) => (objectOf(config, "kernelArguments")["shouldExist"] ?? []) as readonly string[],
  );
  const values = [...device.kernelArguments, ...later]
    .flatMap((argument) => argument.split(/\s+/))
    .flatMap((argument) => networkArgument(argument)?.value ?? []);
  const named = new Set([...namedWithoutInterface, ...values.flatMap(connectionsIn)]);
  return values.length > 0 && !keyfiles.some((name) => named.has(name.toLowerCase()));
}

/** The names of nm-initrd-generator's connections that name no interface. */
const namedWithoutInterface = ["default_connection", "bootif_connection"];

/** Each word in an argument that can be an interface, and so a connection's name, in lower case. */
function connectionsIn(value: string): readonly string[] {
  const words = value.toLowerCase().split(/[:,]/);
  // dracut writes the colons of a MAC address as hyphens.
  return [...words, ...words.map((word) => word.replaceAll("-", ":"))];
}

function isKeyfile(path: string): boolean {
  return path.startsWith(`${keyfileFolder}/`);
}

/** A keyfile's name without its extension, which by custom is the connection's. */
function connectionOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.nmconnection$/, "");
}
