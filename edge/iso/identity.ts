/**
 * What a live image is, read from its own files: the system, its release, and the processor that it is
 * for. Each is undefined where the image does not say.
 *
 * The release is in the volume's name, `fedora-coreos-44.20260707.3.1`, and again in the kernel's
 * argument `coreos.liveiso=`, for an image whose volume somebody has renamed. Other CoreOS images use the
 * same form: `rhcos-46.82.202112161843-0`, `scos-9.0.20250510-0`.
 *
 * No file names the processor. The kernel's header does (Linux: Documentation/arch/x86/boot.rst and
 * arm64/booting.rst; PE and ELF), else the programs in the EFI partition, else the boot loader's folder.
 */
import { FormatError, readExtent } from "../formats/bytes.ts";
import { findEntry, type Volume } from "../formats/iso9660.ts";
import { argumentAreasPath } from "./image-json.ts";
import { readImageFile, type Image } from "./image.ts";

export interface ImageIdentity {
  /** `fedora-coreos`, `rhcos`, `scos`. */
  readonly system: string | undefined;
  /** `44.20260707.3.1`. */
  readonly release: string | undefined;
  /** As Fedora names it: `x86_64`, `aarch64`, `ppc64le`, `s390x`. */
  readonly architecture: string | undefined;
}

export function readIdentity({ volume }: Image): ImageIdentity {
  const names = [
    volume.identifier,
    ...[argumentAreasPath, "ZIPL.PRM"].map((path) => liveName(textOf(volume, path))),
  ];
  for (const name of names) {
    const [, system, release] = /^([a-z]+(?:-[a-z]+)*)-(\d+\.[0-9a-z.-]+)$/.exec(name) ?? [];
    if (system !== undefined) return { system, release, architecture: architectureOf(volume) };
  }
  return { system: undefined, release: undefined, architecture: architectureOf(volume) };
}

function liveName(text: string): string {
  return /\bcoreos\.liveiso=([\w.-]+)/.exec(text)?.[1] ?? "";
}

function architectureOf(volume: Volume): string | undefined {
  for (const path of ["IMAGES/PXEBOOT/VMLINUZ", "IMAGES/PXEBOOT/KERNEL.IMG"]) {
    const found = kernelArchitecture(startOf(volume, path, kernelHeaderBytes));
    if (found !== undefined) return found;
  }
  const efi = startOf(volume, "IMAGES/EFIBOOT.IMG", efiDirectoryBytes);
  // Entries of a FAT directory: eight characters and three.
  for (const [name, architecture] of Object.entries({
    BOOTAA64: "aarch64",
    "BOOTX64 ": "x86_64",
  })) {
    if (efi.includes(`${name}EFI`)) return architecture;
  }
  const folders = { ISOLINUX: "x86_64", "GENERIC.INS": "s390x", PPC: "ppc64le" };
  return Object.entries(folders).find(([path]) => exists(volume, path))?.[1];
}

/** The last mark is that of s390x. */
const kernelHeaderBytes = 0x1_0010;
const efiDirectoryBytes = 1_048_576;

/** Machines of PE and of ELF. */
const peMachines: Readonly<Record<number, string>> = { 0x8664: "x86_64", 0xaa64: "aarch64" };
const elfMachines: Readonly<Record<number, string>> = {
  21: "ppc64le",
  22: "s390x",
  62: "x86_64",
  183: "aarch64",
};

/** By the header of a kernel, which is empty where there is none. */
function kernelArchitecture(kernel: Buffer): string | undefined {
  const has = (mark: string, offset: number) =>
    kernel.subarray(offset, offset + mark.length).toString("latin1") === mark;
  if (has("\x7fELF", 0) && kernel.length >= 20) return elfMachines[kernel.readUInt16LE(18)];
  if (has("ARMd", 56)) return "aarch64";
  if (has("HdrS", 0x202)) return "x86_64";
  if (has("S390EP", 0x1_0008)) return "s390x";
  if (!has("MZ", 0) || kernel.length < 0x40) return undefined;
  const pe = kernel.readUInt32LE(0x3c);
  return has("PE\0\0", pe) && kernel.length >= pe + 6
    ? peMachines[kernel.readUInt16LE(pe + 4)]
    : undefined;
}

/** Empty where the image has no such file, or a damaged record of it. */
function startOf(volume: Volume, path: string, lengthMax: number): Buffer {
  return readable(Buffer.alloc(0), () => {
    const entry = findEntry(volume, path);
    if (entry?.kind !== "file") return Buffer.alloc(0);
    const extent = { offset: entry.offset, length: Math.min(entry.length, lengthMax) };
    return Buffer.from(readExtent(volume.source, extent, path));
  });
}

function textOf(volume: Volume, path: string): string {
  return readable("", () => Buffer.from(readImageFile(volume, path) ?? []).toString("latin1"));
}

function exists(volume: Volume, path: string): boolean {
  return readable(false, () => findEntry(volume, path) !== undefined);
}

/** An image that does not say what it is may still be one that boots. */
function readable<Value>(otherwise: Value, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return otherwise;
    throw error;
  }
}
