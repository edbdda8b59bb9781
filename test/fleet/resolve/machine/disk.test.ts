/** The disk that is installed on, and the volume for data: what is meant, and what is wrong with it. */
import { describe, expect, test } from "vitest";
import { describeDisk } from "../../../../fleet/model/disk.ts";
import { sizeBytes } from "../../../../fleet/resolve/machine/disk.ts";
import { devicesOf, mistakesOf, type Levels } from "./machine-fleet.ts";

const disks = (levels: Levels) => devicesOf(levels).map(({ disk }) => disk);

describe("the disk", () => {
  test.each<[Levels, unknown, unknown]>([
    [{}, "/dev/sda", "/dev/sda"],
    [{ override: "disk: /dev/sdb" }, "/dev/sda", "/dev/sdb"],
    [{ disk: "", range: "disk: /dev/sdb" }, "/dev/sdb", "/dev/sdb"],
    [{ site: "disk: /dev/sdb", override: "disk: /dev/sdc" }, "/dev/sdb", "/dev/sdc"],
    [
      { disk: "{ choose: smallest, type: ssd }", override: "disk: { serial: S4* }" },
      { choose: "smallest", type: "ssd" },
      { choose: "only", serial: "S4*" },
    ],
    [
      { disk: "{ mirror: [/dev/sda, /dev/sdb] }", override: "disk: { choose: largest }" },
      { mirror: ["/dev/sda", "/dev/sdb"] },
      { choose: "largest" },
    ],
    [
      { disk: "{ sizeMin: 100G, sizeMax: 1.5TiB }" },
      { choose: "only", sizeMinBytes: 100e9, sizeMaxBytes: 1.5 * 2 ** 40 },
      { choose: "only", sizeMinBytes: 100e9, sizeMaxBytes: 1.5 * 2 ** 40 },
    ],
  ])("%j: the last level replaces it as a whole", (levels, first, second) => {
    expect(disks(levels)).toEqual([first, second]);
  });

  test("each of the devices of a profile may have it instead", () => {
    expect(mistakesOf({ disk: "", override: "disk: /dev/sdb" })).toEqual([
      '6:3: profiles.mini-pc: "disk" is missing. Write it here, like disk: /dev/sda or disk: { choose: smallest }, or at each device.',
    ]);
  });

  test.each([
    ["500G", 500e9],
    ["500GB", 500e9],
    ["465Gi", 465 * 2 ** 30],
    ["465GiB", 465 * 2 ** 30],
    ["1.5T", 1.5e12],
    ["300M", 300e6],
    ["0.5Ti", 2 ** 39],
  ])("a size: %s", (text, bytes) => expect(sizeBytes(text)).toBe(bytes));

  test("in words", () => {
    expect(describeDisk("/dev/sda")).toBe("/dev/sda");
    expect(describeDisk({ mirror: ["/dev/sda", "/dev/sdb"] })).toBe("/dev/sda and /dev/sdb");
    expect(
      describeDisk({
        choose: "smallest",
        type: "ssd",
        sizeMinBytes: 100e9,
        sizeMaxBytes: 1.5e12,
        model: "Samsung*",
        serial: "S4*",
        path: "pci-*",
      }),
    ).toBe(
      "the smallest disk of type ssd of at least 100 GB of at most 1500 GB of model Samsung* with serial number S4* at pci-*",
    );
  });
});

const at = (disk: string) => mistakesOf({ disk });
const place = "8:11: profiles.mini-pc.disk";

test.each([
  [
    "5",
    ": expected a disk. Write a block device, like /dev/sda, or a description: { choose: smallest }.",
  ],
  [
    "[/dev/sda]",
    ": expected a disk. Write a block device, like /dev/sda, or a description: { choose: smallest }.",
  ],
  ["smallest", /: "smallest" is not a valid disk\. Write a block device, like \/dev\/sda, /],
  [
    "{}",
    ": this mapping is empty, and any disk fits. Write { choose: smallest }, { choose: only } for the machine's only disk, or a description of the disk.",
  ],
  [
    "{ choose: smalest }",
    '.choose: found "smalest". Write one of: smallest, largest, only. Did you mean smallest?',
  ],
  ["{ type: sata }", '.type: found "sata". Write one of: nvme, ssd, hdd, mmc.'],
  ["{ modell: x }", '.modell: unknown key "modell". Did you mean model?'],
  [
    "{ sizeMin: 100 }",
    ".sizeMin: the unit of this size is missing. Write a number and a unit, like 500G (as disks are sold) or 465Gi (1024³ bytes).",
  ],
  [
    "{ sizeMin: 0G }",
    '.sizeMin: "0G" is not a valid size. Write a number and a unit, like 500G (as disks are sold) or 465Gi (1024³ bytes).',
  ],
  [
    "{ sizeMax: 100 GB }",
    '.sizeMax: "100 GB" is not a valid size. Write a number and a unit, like 500G (as disks are sold) or 465Gi (1024³ bytes).',
  ],
  [
    "{ sizeMin: 2T, sizeMax: 500G }",
    ".sizeMin: found 2T, which is larger than sizeMax, 500G. No disk fits. Write a smaller size, or a larger sizeMax.",
  ],
  [
    "{ sizeMax: 4G }",
    ".sizeMax: found 4G, and Fedora CoreOS needs a disk of at least 10G. Write a larger size.",
  ],
  ['{ model: "*" }', '.model: "*" fits every disk. Write a part of the name, or delete this line.'],
  [
    '{ serial: "??*" }',
    '.serial: "??*" fits every disk. Write a part of the name, or delete this line.',
  ],
  [
    "{ path: pci-0000:00:17.0-ata-1-part2 }",
    '.path: "pci-0000:00:17.0-ata-1-part2" names a partition. Write the name of the whole disk, without -part.',
  ],
  [
    "{ path: /dev/disk/by-path/pci-0 }",
    '.path: "/dev/disk/by-path/pci-0" is not a valid pattern of a path. Write letters, digits and punctuation, with * for any text and ? for one character, like pci-0000:00:17.0-*.',
  ],
  ["{ serial: 123456 }", '.serial: found 123456. Write text, in quotes: "123456".'],
  ["{ mirror: [] }", ".mirror: this list is empty. Write at least two disks."],
  [
    "{ mirror: [/dev/sda] }",
    ".mirror: a mirror needs at least two disks, found one. Add a disk, or write disk: /dev/sda.",
  ],
  [
    "{ mirror: [/dev/sda, /dev/sda] }",
    '.mirror.1: "/dev/sda" appears twice in this list. Write each disk once.',
  ],
  ["{ mirror: [/dev/sda, /dev/sdb1] }", /\.mirror\.1: "\/dev\/sdb1" is a partition, not a disk\. /],
  [
    "{ mirror: [/dev/sda, /dev/sdb], choose: smallest }",
    ".choose: mirror names its disks, and choose is for one disk that is chosen. Delete one of them.",
  ],
])("disk: %s", (written, expected) => {
  const found = at(written).map((line) => line.replace(/^8:\d+: profiles\.mini-pc\.disk/, ""));
  expect(found).toEqual([
    typeof expected === "string" ? expected : expect.stringMatching(expected),
  ]);
});

test("a mistake is reported once for all devices, in the level that has it", () => {
  expect(mistakesOf({ override: "disk: {}" })).toEqual([
    expect.stringMatching(
      /^17:15: devices\.till-\{1\.\.2\}\.overrides\.till-2\.disk: this mapping/,
    ),
  ]);
  expect(at("{}")).toEqual([expect.stringContaining(place)]);
});
