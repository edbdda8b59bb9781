/** The grammar of `disk` and `data`: the disk that is erased, and the one that is kept. */
import { z } from "zod";
import { isMapping } from "../model/values.ts";
import { diskTypes } from "../model/disk.ts";
import { disk as diskPath } from "./disk.ts";
import { matching } from "./value-schemas.ts";

const sizeExample =
  "Write a number and a unit, like 500G (as disks are sold) or 465Gi (1024³ bytes).";

/** At least one byte, and no more than a double holds exactly. */
const size = matching(
  /^(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,3})?[MGT]i?B?$/,
  `a valid size. ${sizeExample}`,
  `the unit of this size is missing. ${sizeExample}`,
);

/** A pattern starts with a letter, a digit or a wildcard. */
const pattern = (what: string, example: string) =>
  matching(
    /^(?! )[A-Za-z0-9*?][A-Za-z0-9*? _.,:;+()#@=-]{0,127}(?<! )$/,
    `a valid pattern of ${what}. Write letters, digits and punctuation, with * for any text and ? for one character, like ${example}.`,
  );

const emptyHint =
  "this mapping is empty, and any disk fits. Write { choose: smallest }, { choose: only } for the machine's only disk, or a description of the disk.";

export const hintFields = z.strictObject({
  choose: z
    .enum(["smallest", "largest", "only"])
    .optional()
    .describe("Which one of the disks that fit; default: only, so that exactly one must fit."),
  sizeMin: size.optional().describe("Size of the disk, at least: 100G is 100 × 1000³ bytes."),
  sizeMax: size.optional().describe("Size of the disk, at most. A disk sold as 500 GB is larger."),
  type: z
    .enum(diskTypes)
    .optional()
    .describe("nvme, ssd (not NVMe), hdd (rotating), or mmc (eMMC and memory cards)."),
  model: pattern("a model", "Samsung*").optional().describe("The model, as lsblk prints it."),
  serial: pattern("a serial number", "S4XB*")
    .optional()
    .describe("The serial number, as lsblk prints it."),
  path: pattern("a path", "pci-0000:00:17.0-*")
    .optional()
    .describe("A name in /dev/disk/by-path: the connector of the machine."),
  mirror: z
    .array(diskPath)
    .max(8)
    .optional()
    .describe("Disks that mirror each other, instead of one disk. All data on them is lost."),
});

const hint = hintFields.refine((value) => Object.keys(value).length > 0, {
  error: emptyHint,
  // An unknown key is reported already, and not part of the value.
  when: ({ issues }) => issues.length === 0,
});

export const disk = z
  .union([diskPath, hint], {
    error: ({ input }) =>
      typeof input === "string" || isMapping(input)
        ? undefined
        : "expected a disk. Write a block device, like /dev/sda, or a description: { choose: smallest }.",
  })
  .optional()
  .describe(
    "The disk that Fedora CoreOS is installed on: a block device, a description, or a mirror. All data on it is lost.",
  );

/** Where another volume can be mounted: in /var, where Fedora CoreOS keeps what is written. */
const mountPoint = matching(
  /^\/var(\/(?!\.{1,2}(\/|$))[A-Za-z0-9][A-Za-z0-9_.-]{0,63}){1,8}$/,
  "a valid folder for data. Write one in /var, where Fedora CoreOS keeps data, like /var/lib/till.",
);

/** It is found again at the first boot of the installed system, where kernel names may differ. */
const stableDisk = matching(
  /^\/dev\/disk\/by-(id|path)\/(?!.*-part[0-9]+$)(?!\.{1,2}$)[A-Za-z0-9_.:-]+$/,
  "a name of a whole disk that stays the same. Write one in /dev/disk/by-id or /dev/disk/by-path, like /dev/disk/by-id/ata-….",
  "a disk for data cannot be chosen by a description, because it is kept. Write its name in /dev/disk/by-id or /dev/disk/by-path.",
);

export const data = z
  .strictObject({
    disk: stableDisk
      .nullish()
      .describe(
        "A disk other than the one that Fedora CoreOS is installed on, by its path in /dev/disk.",
      ),
    rootSize: size
      .nullish()
      .describe("Without disk: the size of the root. The rest of the boot disk is for data."),
    path: mountPoint.nullish().describe("The folder that the data is in, in /var."),
    keep: z
      .boolean()
      .nullish()
      .describe("Whether an installation keeps the data; default: true. false erases it."),
    filesystem: z.enum(["xfs", "ext4"]).nullish().describe("Of a new volume; default: xfs."),
  })
  .nullish()
  .describe("A volume for data that an installation keeps. It is not encrypted.");
