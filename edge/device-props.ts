/** What a program that makes a device by itself can write wrong: the compiler sees it, and Node does not. */
import { z } from "zod";
import { hintFields } from "../fleet/grammar/disk-schemas.ts";
import { matching, text } from "../fleet/grammar/value-schemas.ts";
import { architectures, boards } from "../fleet/model/device.ts";
import { describeDisk, type InstallDisk } from "../fleet/model/disk.ts";
import { isMapping } from "../fleet/model/values.ts";
import { kernelArgumentPattern } from "../fleet/model/kernel-argument.ts";

/** One argument of the installed system's kernel command line. */
export const kernelArgument = matching(
  kernelArgumentPattern,
  "a valid kernel argument. Write one argument in each text, like console=ttyS0, in ASCII and without spaces.",
);

/** The name of a device is checked with its parts. */
const known = z.object({
  name: z.string().optional(),
  architecture: z.enum(architectures, {
    error: ({ input }) =>
      input === undefined
        ? undefined
        : `${JSON.stringify(input)} is not one that K3s and Fedora CoreOS have. Write ${architectures.join(" or ")}.`,
  }),
  board: z.enum(boards).optional(),
  kernelArguments: z.array(kernelArgument).optional(),
  // Both are in comments and in messages on the screen.
  fleet: text((value) =>
    value === "" || /[\p{Cc}\u2028\u2029]/u.test(value)
      ? `${JSON.stringify(value)} is not the name of a fleet. Write it in one line.`
      : undefined,
  ).optional(),
  coreosRelease: matching(
    /^\d+\.\d{8}\.[\w.]+$/,
    "a release of Fedora CoreOS. Write one like 44.20260621.3.1.",
  ).optional(),
});

const blockDevice = text(blockDeviceProblem);

export function blockDeviceProblem(value: string): string | undefined {
  return /^\/dev\/[^\p{Cc}]+$/u.test(value)
    ? undefined
    : `${JSON.stringify(value)} is not a block device. Write its path, like /dev/sda, /dev/nvme0n1 or /dev/disk/by-id/….`;
}

const fields = hintFields.shape;
const size = z.number().positive().optional();
const hint = z.strictObject({
  choose: fields.choose.unwrap(),
  sizeMinBytes: size,
  sizeMaxBytes: size,
  type: fields.type,
  model: fields.model,
  serial: fields.serial,
  path: fields.path,
});

const mirror = z.strictObject({
  mirror: z.array(blockDevice).min(2, {
    error:
      "a mirror needs at least two disks. Add a disk, or write one path in place of the mirror.",
  }),
});

const withPath = known.extend({ disk: blockDevice });
const withMirror = known.extend({ disk: mirror });
const withHint = known.extend({ disk: hint });

/** @param disk says which of the three forms is meant */
export function devicePropsSchema(disk: unknown) {
  if (!isMapping(disk)) return withPath;
  return "mirror" in disk ? withMirror : withHint;
}

/**
 * The installer writes to a disk of the mirror, and tells a person what it erases.
 *
 * @param mirrored the disks that BootMirror mirrors @default no part makes a mirror
 */
export function mirrorMistakes(disk: InstallDisk, mirrored?: readonly string[]): string[] {
  const isMirror = typeof disk === "object" && "mirror" in disk;
  if (mirrored === undefined) {
    return isMirror
      ? ["disk is a mirror, and no part makes it. Add BootMirror with these disks."]
      : [];
  }
  const declared = isMirror ? disk.mirror : [disk];
  if (declared.every((each, index) => mirrored[index] === each)) return [];
  return [
    `disk is ${describeDisk(disk)}, and BootMirror mirrors ${mirrored.join(" and ")}. Write disk: { mirror: ${JSON.stringify(mirrored)} }.`,
  ];
}
