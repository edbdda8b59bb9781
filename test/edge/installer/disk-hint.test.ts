/** The script that chooses a disk in the live system, with the disks of many machines. */
import { describe, expect, test } from "vitest";
import type { DiskHint, InstallDisk } from "../../../fleet/model/disk.ts";
import { disk, type Disk, hasJq, type Machine, nvme, run, stick } from "./disk-machine.ts";

const samsung = disk("sda", 500_107_862_016, { model: "Samsung SSD 870 EVO", serial: "S4XBNF0M" });
const spinning = disk("sdb", 4_000_787_030_016, {
  rota: true,
  model: "WDC_WD40EFRX-68N",
  serial: "W1",
});
const emmc = disk("mmcblk0", 31_268_536_320, { tran: "mmc", serial: "0x1f2e" });
const parts = [
  disk("mmcblk0boot0", 4_194_304, { tran: "mmc", ro: true }),
  disk("mmcblk0boot1", 4_194_304, { tran: "mmc" }),
];

const smallest: DiskHint = { choose: "smallest" };
const largest: DiskHint = { choose: "largest" };
const only: DiskHint = { choose: "only" };

describe.skipIf(!hasJq)("a disk that is chosen", () => {
  test.each<[string, Machine, DiskHint, string]>([
    ["the only one", { disks: [samsung, stick()] }, only, "sda"],
    [
      "beside what is not a disk",
      {
        disks: [
          disk("loop0", 7e8, { type: "loop" }),
          disk("zram0", 4e9),
          disk("sr0", 1e9, { type: "rom" }),
          disk("fd0", 4096),
          samsung,
        ],
      },
      only,
      "sda",
    ],
    [
      "the smallest",
      { disks: [stick("sda"), disk("sdb", 2e12), disk("sdc", 5e11)] },
      smallest,
      "sdc",
    ],
    ["the largest", { disks: [disk("sda", 2e12), disk("sdb", 5e11), stick()] }, largest, "sda"],
    ["eMMC, not its boot parts", { disks: [emmc, ...parts, stick()] }, smallest, "mmcblk0"],
    ["eMMC by type", { disks: [emmc, samsung] }, { choose: "only", type: "mmc" }, "mmcblk0"],
    [
      "NVMe by type",
      { disks: [samsung, nvme("nvme0n1", 1e12)] },
      { choose: "only", type: "nvme" },
      "nvme0n1",
    ],
    [
      "NVMe without a transport",
      { disks: [samsung, nvme("nvme0n1", 1e12, { tran: null })] },
      { choose: "only", type: "nvme" },
      "nvme0n1",
    ],
    [
      "SATA SSD by type",
      { disks: [samsung, spinning, nvme("nvme0n1", 1e12)] },
      { choose: "only", type: "ssd" },
      "sda",
    ],
    ["rotating by type", { disks: [samsung, spinning] }, { choose: "only", type: "hdd" }, "sdb"],
    [
      "virtio",
      { disks: [disk("vda", 1e11, { tran: "virtio", rota: true }), stick()] },
      only,
      "vda",
    ],
    [
      "a model with a pattern",
      { disks: [samsung, spinning] },
      { choose: "only", model: "samsung*" },
      "sda",
    ],
    [
      "a model as udev names it",
      { disks: [samsung, spinning] },
      { choose: "only", model: "Samsung_SSD_870_EVO" },
      "sda",
    ],
    [
      "a model with spaces around it",
      { disks: [{ ...samsung, model: "  Samsung SSD 870 EVO   " }] },
      { choose: "only", model: "Samsung SSD 870 EVO" },
      "sda",
    ],
    [
      "a model with an underscore",
      { disks: [samsung, spinning] },
      { choose: "only", model: "WDC WD40*" },
      "sdb",
    ],
    [
      "a serial number",
      { disks: [samsung, { ...samsung, name: "sdb", kname: "sdb", serial: "S4XBNF0N" }] },
      { choose: "only", serial: "S4XBNF0N" },
      "sdb",
    ],
    [
      "a path",
      {
        disks: [samsung, spinning],
        paths: { "pci-0000:00:17.0-ata-1": "/dev/sda", "pci-0000:00:17.0-ata-2": "/dev/sdb" },
      },
      { choose: "only", path: "pci-0000:00:17.0-ata-2" },
      "sdb",
    ],
    [
      "a path, one of two names",
      {
        disks: [samsung, spinning],
        paths: { "pci-0000:00:17.0-ata-1": "/dev/sda", "pci-0000:00:17.0-ata-1.0": "/dev/sda" },
      },
      { choose: "only", path: "pci-*-ata-1.0" },
      "sda",
    ],
    [
      "a range of sizes, both ends in it",
      { disks: [disk("sda", 1e11), disk("sdb", 2e11), disk("sdc", 3e11)] },
      { choose: "largest", sizeMinBytes: 1e11, sizeMaxBytes: 2e11 },
      "sdb",
    ],
    [
      "the smallest that is large enough",
      { disks: [disk("sda", 16e9), disk("sdb", 256e9), disk("sdc", 512e9)] },
      { choose: "smallest", sizeMinBytes: 100e9 },
      "sdb",
    ],
    [
      "a disk on USB by its serial number",
      { disks: [disk("sdb", 1e12, { tran: "usb", serial: "U1" }), stick()] },
      { choose: "only", serial: "U1" },
      "sdb",
    ],
    [
      "with Windows on it",
      { disks: [{ ...samsung, children: [disk("sda1", 1e8, { type: "part", fstype: "ntfs" })] }] },
      only,
      "sda",
    ],
    [
      "as old versions of lsblk print it",
      {
        disks: [
          disk("sda", "500107862016" as unknown as number, { rota: "1", rm: "0", ro: "0" }),
          disk("sdb", "8000000000" as unknown as number, { rm: "1", ro: "0", rota: "1" }),
        ],
      },
      only,
      "sda",
    ],
  ])("%s", (_, machine, hint, name) => {
    const { status, printed, settings, shown } = run(machine, hint);
    expect(printed).toContain("Everything on that disk is erased");
    expect({ status, settings, shown }).toEqual({
      status: 0,
      settings: `dest-device: /dev/${name}\n`,
      shown: `/dev/${name}`,
    });
    expect(printed).toMatch(new RegExp(`/dev/${name} .* CHOSEN\n`));
  });

  test("the lines on the console", () => {
    const machine = { disks: [samsung, spinning, stick()] };
    expect(run(machine, { choose: "smallest", type: "ssd" }).printed).toBe(
      `till-1 installs on the smallest disk of type ssd. The disks of this machine:
  /dev/sda      500.1 GB   ssd   Samsung SSD 870 EVO       S4XBNF0M              CHOSEN
  /dev/sdb      4000.8 GB  hdd   WDC_WD40EFRX-68N          W1                    not of type ssd
  /dev/sdz      8 GB       hdd   Cruzer Blade              4C53                  the medium that booted
Installing till-1 on /dev/sda.
Everything on that disk is erased. Do not switch off.
`,
    );
  });
});

describe.skipIf(!hasJq)("nothing is erased", () => {
  const reason =
    /^INSTALLATION REFUSED: (.*)\. Change disk in fleet\.yaml and make the medium again\. Nothing is erased\.$/m;
  const twins = [disk("sda", 5e11), disk("sdb", 5e11)];
  test.each<[string, readonly Disk[], DiskHint, string, string?]>([
    ["without disks", [], only, "no disk fits", "(none)"],
    ["with the medium alone", [stick()], smallest, "no disk fits", "the medium that booted"],
    [
      "with a medium that runs from memory",
      [stick("sda", null)],
      smallest,
      "no disk fits",
      "an installation medium",
    ],
    [
      "with a medium on a fixed disk",
      [{ ...stick(), rm: false, tran: "sata" }],
      only,
      "no disk fits",
      "the medium that booted",
    ],
    ["where several fit", twins, only, "2 disks fit: /dev/sda, /dev/sdb", "fits"],
    [
      "where two are smallest",
      [...twins, disk("sdc", 9e11)],
      smallest,
      "2 disks fit and have the same size: /dev/sda, /dev/sdb",
    ],
    [
      "where two are largest",
      twins,
      largest,
      "2 disks fit and have the same size: /dev/sda, /dev/sdb",
    ],
    ["on a removable disk", [disk("sda", 1e11, { rm: true })], only, "no disk fits", "removable"],
    ["on a read-only disk", [disk("sda", 1e11, { ro: true })], only, "no disk fits", "read-only"],
    ["on a reader without a card", [disk("sda", 0)], only, "no disk fits", "without a medium"],
    [
      "on a disk on USB",
      [disk("sda", 1e12, { tran: "usb" })],
      largest,
      "no disk fits",
      "on USB: only serial or path chooses it",
    ],
    [
      "on a disk that is in use",
      [disk("sda", 1e11, { children: [disk("sda1", 1, { type: "part", mountpoint: "/mnt" })] })],
      only,
      "no disk fits",
      "in use: /mnt",
    ],
    [
      "on swap",
      [disk("sda", 1e11, { mountpoint: "[SWAP]" })],
      only,
      "no disk fits",
      "in use: [SWAP]",
    ],
    [
      "on one of several paths",
      [disk("sda", 1e11, { children: [disk("dm-0", 1e11, { type: "mpath" })] })],
      only,
      "no disk fits",
      "one path of several to a disk",
    ],
    [
      "on a disk that is too small",
      [disk("sda", 1e11)],
      { choose: "only", sizeMinBytes: 1e11 + 1 },
      "no disk fits",
      "smaller than sizeMin",
    ],
    [
      "on a disk that is too large",
      [disk("sda", 1e11)],
      { choose: "only", sizeMaxBytes: 1e11 - 1 },
      "no disk fits",
      "larger than sizeMax",
    ],
    [
      "on another model",
      [samsung],
      { choose: "only", model: "Samsung" },
      "no disk fits",
      "another model",
    ],
    [
      "on a disk without a model",
      [disk("sda", 1e11)],
      { choose: "only", model: "S*" },
      "no disk fits",
      "another model",
    ],
    [
      "on a serial number that only a regular expression would match",
      [disk("sda", 1e11, { serial: "AxB" })],
      { choose: "only", serial: "A.B" },
      "no disk fits",
      "another serial number",
    ],
    [
      "at another path",
      [samsung],
      { choose: "only", path: "pci-*" },
      "no disk fits",
      "at another path",
    ],
    [
      "of another type",
      [nvme("nvme0n1", 1e12)],
      { choose: "only", type: "ssd" },
      "no disk fits",
      "not of type ssd",
    ],
  ])("%s", (_, disks, hint, expected, line = "") => {
    const { status, printed, settings, commands, shown } = run({ disks }, hint);
    expect(reason.exec(printed)?.[1]).toBe(expected);
    expect(printed).toContain(line);
    expect({ status, settings, commands }).toEqual({ status: 1, settings: "", commands: [] });
    expect(shown).toMatch(/^the (only|smallest|largest) disk/);
  });

  test("names of disks cannot write to the console, or to the shell", () => {
    const model = "\u001b[2JX\n$(reboot)`x`\\c'\"";
    const { printed, status } = run({ disks: [disk("sda", 1e11, { model, serial: "%s" })] }, only);
    expect(status).toBe(0);
    expect(printed).toContain("?[2JX?$(reboot)`x`?c'\"");
    expect(printed).toContain(" %s ");
  });

  test.each<[InstallDisk, Parameters<typeof run>[2], string]>([
    ["/dev/sdc", {}, "/dev/sdc is not there. The disks of this machine: lsblk"],
    [
      { mirror: ["/dev/sda", "/dev/sdc"] },
      {},
      "/dev/sdc is not there. The disks of this machine: lsblk",
    ],
    [
      only,
      { dataDisk: "/dev/disk/by-id/x" },
      "/dev/disk/by-id/x is not there. The disks of this machine: lsblk",
    ],
    [
      "/dev/sda",
      { dataDisk: "/dev/sda" },
      "/dev/sda is for data, and shares /dev/md127 /dev/sda with /dev/sda",
    ],
    [
      "/dev/sda",
      { dataDisk: "/dev/sdb" },
      "/dev/sdb is for data, and shares /dev/md127 with /dev/sda",
    ],
  ])("%j beside %j", (on, rest, expected) => {
    const below = { "/dev/sda": "/dev/md127 raid1\n", "/dev/sdb": "/dev/md127 raid1\n" };
    const { printed, status, commands } = run({ disks: twins, below }, on, rest);
    expect(printed).toBe(`INSTALLATION REFUSED: ${expected}. Nothing is erased.\n`);
    expect({ status, commands }).toEqual({ status: 1, commands: [] });
  });

  test("over a file system that a partition table would overwrite, where data is kept", () => {
    const machine = { disks: [disk("sda", 1e11), disk("sdb", 5e11, { fstype: "ext4" })] };
    const { printed, status, commands } = run(machine, "/dev/sda", {
      dataDisk: "/dev/sdb",
      keptDisk: "/dev/sdb",
    });
    expect(printed).toBe(
      "INSTALLATION REFUSED: /dev/sdb keeps data, and holds ext4 without a partition, which would be lost. Save" +
        " what is on it and run wipefs --all /dev/sdb, or use another disk. Nothing is erased.\n",
    );
    expect({ status, commands }).toEqual({ status: 1, commands: [] });
    // It has partitions, or may be erased.
    expect(run(machine, "/dev/sdb", { dataDisk: "/dev/sda", keptDisk: "/dev/sda" }).status).toBe(0);
    expect(run(machine, "/dev/sda", { dataDisk: "/dev/sdb" }).status).toBe(0);
  });

  test("on the disk that keeps the data, whatever its size", () => {
    const machine = { disks: [disk("sda", 1e11), disk("sdb", 5e11)] };
    expect(run(machine, smallest, { dataDisk: "/dev/sda" }).shown).toBe("/dev/sdb");
    expect(run(machine, only, { dataDisk: "/dev/sdb" }).shown).toBe("/dev/sda");
  });
});

describe("what an earlier system left", () => {
  const disks = [disk("sda", 1e11), disk("sdb", 1e11)];
  const below = {
    "/dev/sda": [
      "/dev/sda1 part linux_raid_member",
      "/dev/md127 raid1 LVM2_member",
      "/dev/mapper/vg-root lvm xfs",
      "/dev/sda2 part LVM2_member",
      "/dev/mapper/vg-swap lvm swap",
      "/dev/sda3 part xfs",
      "/dev/sda5 part LVM2_member flotilla-data",
      "",
    ].join("\n"),
    "/dev/sdb": "/dev/sdb1 part linux_raid_member\n",
  };

  test("is stopped and its marks are removed, only on the chosen disk", () => {
    const { status, printed, commands } = run({ disks, below }, "/dev/sda");
    expect(status).toBe(0);
    expect(commands).toEqual([
      "dmsetup remove /dev/mapper/vg-root",
      "dmsetup remove /dev/mapper/vg-swap",
      "mdadm --stop /dev/md127",
      "wipefs --all --quiet --types linux_raid_member /dev/sda1",
      "wipefs --all --quiet --types LVM2_member /dev/sda2",
      "wipefs --all --quiet --types LVM2_member /dev/sda5",
    ]);
    expect(printed).toContain("Stopped /dev/md127, which an earlier system left on /dev/sda.\n");
    expect(printed).toContain("Removed LVM2_member from /dev/sda2.\n");
  });

  test("except on the partition that is kept", () => {
    const { commands } = run({ disks, below }, "/dev/sda", { keptPartition: "flotilla-data" });
    expect(commands.filter((each) => each.includes("/dev/sda5"))).toEqual([]);
    expect(commands).toHaveLength(5);
  });

  test("on all disks of a mirror", () => {
    const { commands, printed } = run({ disks, below }, { mirror: ["/dev/sda", "/dev/sdb"] });
    expect(commands.at(-1)).toBe("wipefs --all --quiet --types linux_raid_member /dev/sdb1");
    expect(printed).toContain(
      "Installing till-1 on /dev/sda, which /dev/sdb mirrors after the restart.\nEverything on these disks is erased.",
    );
  });

  test("a clean disk is left to the installer", () => {
    const { commands, printed, settings } = run({ disks }, "/dev/sda");
    expect({ commands, settings }).toEqual({ commands: [], settings: "" });
    expect(printed).toMatch(/^Installing till-1 on \/dev\/sda\.\nEverything/);
  });

  test("the disk itself is not stopped if it is an array", () => {
    const array = { disks: [disk("md126", 1e11)], below: { "/dev/md126": "" } };
    expect(run(array, "/dev/md126").commands).toEqual([]);
  });
});
