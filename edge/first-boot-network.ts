/**
 * The network of the first boot, and what of it the installed system keeps.
 *
 * The initramfs of the first boot gets its network from `ip=` and its kin on the kernel command line,
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
import type { EdgeDevice } from "./device.ts";
import { keyfileFolder } from "./keyfile.ts";
import { snippetIgnition } from "./snippets.ts";

const persistArgument = "coreos.force_persist_ip";

/** Arguments that make connections in the initramfs (dracut.cmdline(7), section Network). */
const networkArgument = /^(ip|bond|bridge|team|vlan|rd\.route|nameserver|ifname)=(.*)$/;

/** The kernel arguments of the installed system: what the device declares, and what keeps its network. */
export function installedArguments(device: EdgeDevice): readonly string[] {
  const declared = device.kernelArguments;
  const isSet = declared.some((argument) => argument.split("=", 1)[0] === persistArgument);
  return isSet || !mustPersist(device) ? declared : [...declared, persistArgument];
}

function mustPersist(device: EdgeDevice): boolean {
  if (device.installerKeyfiles.size > 0) return false;
  if (![...device.owners.paths.keys()].some(isKeyfile)) return false;
  const configs = device.snippets.map((snippet) => JSON.parse(snippetIgnition(snippet)) as Config);
  const paths = configs.flatMap(({ storage }) => storage?.files ?? []).map(({ path }) => path);
  const keyfiles = paths.filter(isKeyfile).map(connectionOf);
  if (keyfiles.length === 0) return true;
  const later = configs.flatMap(({ kernelArguments }) => kernelArguments?.shouldExist ?? []);
  const values = [...device.kernelArguments, ...later].flatMap(
    (argument) => networkArgument.exec(argument)?.[2] ?? [],
  );
  const named = new Set(values.flatMap((value) => value.split(/[:,]/)));
  return values.length > 0 && !keyfiles.some((name) => named.has(name));
}

function isKeyfile(path: string): boolean {
  return path.startsWith(`${keyfileFolder}/`);
}

/** A keyfile's name without its extension, which by custom is the connection's. */
function connectionOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.nmconnection$/, "");
}

/** The part of Ignition that is read. */
interface Config {
  readonly storage?: { readonly files?: readonly { readonly path: string }[] };
  readonly kernelArguments?: { readonly shouldExist?: readonly string[] };
}
