/**
 * What boots an installer from the network: an appendix to Fedora CoreOS' live initrd that
 * holds the config, the kernel's arguments, and a script for iPXE. Source: Fedora CoreOS'
 * documentation of live PXE and of coreos-installer's `pxe ignition wrap`.
 */
import { packInitramfs } from "../formats/initramfs.ts";
import type { Files } from "../formats/cpio.ts";

/** Where the parts of the live system are. */
export interface LiveParts {
  readonly kernel: string;
  readonly initramfs: string;
  readonly rootfs: string;
}

/** The name of the appendix, beside the script. */
const appendixName = "config.img";

/** A boot loader may put something behind it, which the kernel wants at a multiple of four. */
const alignmentBytes = 512;

/**
 * The URLs of kernel, initrd and root file system, which are beside the live ISO; undefined where
 * the ISO's URL is not built as Fedora builds them: `…-live-iso.x86_64.iso`.
 */
export function liveParts(isoUrl: string): LiveParts | undefined {
  const [, base, architecture] = /^(.*-live-)iso\.([a-z0-9_]+)\.iso$/.exec(isoUrl) ?? [];
  if (base === undefined || architecture === undefined) return undefined;
  return {
    kernel: `${base}kernel.${architecture}`,
    initramfs: `${base}initramfs.${architecture}.img`,
    rootfs: `${base}rootfs.${architecture}.img`,
  };
}

/** An archive for the kernel to unpack behind the live initrd. */
export function initrdAppendix(files: Files): Uint8Array {
  const packed = packInitramfs(files, 0);
  const bytes = new Uint8Array(Math.ceil(packed.length / alignmentBytes) * alignmentBytes);
  bytes.set(packed);
  return bytes;
}

/** In one line, without a line break. @param consoles `console=ttyS0`, the main one last */
export function liveArguments({ rootfs }: LiveParts, consoles: readonly string[]): string {
  const own = [`coreos.live.rootfs_url=${rootfs}`, "ignition.firstboot ignition.platform.id=metal"];
  return [...own, ...consoles].join(" ");
}

/**
 * Loads the live system from Fedora and the appendix from beside the script. The kernel's arguments
 * name both initrds, because UEFI firmware passes only those that are named.
 *
 * @param what it does, in one line for people
 * @param words of liveArguments
 */
export function ipxeScript(what: string, parts: LiveParts, words: string): string {
  return `#!ipxe
# ${what} Written by flotilla pxe.
kernel ${parts.kernel} initrd=main initrd=${appendixName} ${words}
initrd --name main ${parts.initramfs}
initrd --name ${appendixName} ${appendixName}
boot
`;
}
