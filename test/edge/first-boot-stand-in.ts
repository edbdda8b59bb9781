/**
 * A stand-in for what Fedora CoreOS does with the network of a first boot, written from the description
 * of its scripts (coreos-installer's --copy-network, coreos-copy-firstboot-network,
 * coreos-teardown-initramfs). Only the generator of connections is real: NetworkManager's own.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { peerPath } from "../peers/peers.ts";

export const generator = peerPath("nm-initrd-generator-debian-12");

/** Keyfiles by their name. */
export type Keyfiles = ReadonlyMap<string, string>;

const folder = "/etc/NetworkManager/system-connections/";

/** The connections that the real generator makes of a kernel command line. */
export function generated(commandLine: readonly string[]): Map<string, string> {
  const made = mkdtempSync(join(tmpdir(), "connections-"));
  try {
    const isAsked = commandLine.some((word) => /^(ip|bond|vlan|bridge|team)=/.test(word));
    const words = isAsked ? commandLine : [...commandLine, "ip=auto"];
    const args = ["-c", join(made, "c"), "-i", join(made, "i"), "--", ...words];
    execFileSync(generator ?? "", args, { stdio: "pipe" });
    const names = readdirSync(join(made, "c"));
    return new Map(names.map((name) => [name, readFileSync(join(made, "c", name), "utf8")]));
  } finally {
    rmSync(made, { recursive: true });
  }
}

/** dracut's getargbool: absent is false, without a value is true. */
function isOn(commandLine: readonly string[], name: string): boolean {
  const last = commandLine.findLast((word) => word.split("=", 1)[0] === name);
  return last !== undefined && !/=(0|no|off)$/.test(last);
}

/** What the real root of a boot has: its own files, and what is carried over from the initramfs. */
function realRoot(own: Keyfiles, initramfs: Keyfiles, commandLine: readonly string[]): Keyfiles {
  if (isOn(commandLine, "coreos.no_persist_ip")) return own;
  if (own.size > 0 && !isOn(commandLine, "coreos.force_persist_ip")) return own;
  const plain = (files: Keyfiles) =>
    JSON.stringify([...files].map(([name, text]) => [name, text.replaceAll(/^uuid=.*\n/gm, "")]));
  return plain(initramfs) === plain(generated([])) ? own : new Map([...own, ...initramfs]);
}

export interface FirstBoot {
  /** The text of the file in `installer.d`. */
  readonly installer: string;
  /** The device's Ignition files, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Keyfiles that the ISO or the PXE initrd holds. */
  readonly embedded?: Keyfiles;
  /** The live system's own command line. */
  readonly liveCommandLine?: readonly string[];
  /** Arguments by Ignition's kernelArguments. */
  readonly laterArguments?: readonly string[];
}

/** The keyfiles in the initramfs of the installed system's first boot. */
export function initramfsOf(boot: FirstBoot): Keyfiles {
  const live = boot.liveCommandLine ?? [];
  const liveInitramfs = boot.embedded ?? generated(live);
  const liveRoot = realRoot(new Map(), liveInitramfs, live);
  const settings = parseDocument(boot.installer).toJS() as { "copy-network"?: boolean };
  const copied = settings["copy-network"] === true ? liveRoot : new Map<string, string>();
  return copied.size > 0 ? copied : generated(commandLineOf(boot));
}

function commandLineOf({ installer, laterArguments = [] }: FirstBoot): readonly string[] {
  const settings = parseDocument(installer).toJS() as { "append-karg"?: string[] };
  return [...(settings["append-karg"] ?? []), ...laterArguments];
}

/** The keyfiles in the installed system after its first boot. */
export function connectionsAfter(boot: FirstBoot): Keyfiles {
  const own = [...boot.files].filter(([path]) => path.startsWith(folder));
  return realRoot(
    new Map(own.map(([path, text]) => [path.slice(folder.length), text])),
    initramfsOf(boot),
    commandLineOf(boot),
  );
}
