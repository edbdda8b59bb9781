/**
 * The script that chooses a disk and takes down what is on it, run by a real kernel with the disks of
 * QEMU: NVMe, virtio and SCSI, with volumes of LVM and an array that an earlier system left active.
 */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { liveInstall } from "../../edge/installer/live-install.ts";
import { fileInConfig } from "../../edge/iso/contents.ts";
import type { InstallDisk } from "../../fleet/model/disk.ts";
import { peerPath } from "../peers/peers.ts";
import { consoleOutput, cpioArchive, hasEmulator } from "./emulator.ts";

const machine = peerPath("disk-machine-debian-12");

interface Case {
  readonly disk: InstallDisk;
  readonly keptPartition?: string;
  readonly dataDisk?: string;
  readonly keptDisk?: string;
}

/** In this order, on one machine. */
const cases: Readonly<Record<string, Case>> = {
  several: { disk: { choose: "only" } },
  shared: { disk: { choose: "only", serial: "SA" }, dataDisk: "/dev/sdb" },
  unpartitioned: { disk: "/dev/nvme0n1", dataDisk: "/dev/sdc", keptDisk: "/dev/sdc" },
  path: {
    disk: { choose: "only", path: "pci-*-nvme-1" },
    dataDisk: "/dev/vda",
    keptDisk: "/dev/vda",
  },
  smallest: { disk: { choose: "smallest", sizeMinBytes: 100e6 } },
  mirror: { disk: { mirror: ["/dev/sda", "/dev/sdb"] } },
  kept: { disk: "/dev/vda", keptPartition: "flotilla-data" },
};

const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs run /run
while read -r module; do insmod /m/$module; done </order
export LVM_SUPPRESS_FD_WARNINGS=1
/lib/systemd/systemd-udevd --daemon; udevadm trigger --action=add; udevadm settle
exec 2>/dev/null
# The kernel finds disks of SCSI in any order, and names them in it: they are found again one by one.
host=$(readlink -f /sys/block/sda/device | sed 's,.*/\\(host[0-9]*\\)/.*,\\1,')
for disk in sda sdb sdc; do echo 1 >/sys/block/$disk/device/delete; done
for target in 0 1 2; do
  echo "0 $target 0" >/sys/class/scsi_host/$host/scan
  while [ "$(ls -d /sys/block/sd* | wc -l)" -le $target ]; do sleep 0.1; done
done
udevadm settle
# A disk with volumes and a snapshot, in two partitions.
printf 'label: gpt\\nsize=1G\\nsize=500M\\n' | sfdisk -q /dev/nvme0n1
lvm vgcreate -qq -y old /dev/nvme0n1p1 /dev/nvme0n1p2
lvm lvcreate -qq -y -n root -L 300M old; lvm lvcreate -qq -y -s -n snap -L 50M old/root
# Two disks in an array, whose mark is at their end, with a volume in it.
mdadm --create /dev/md/shop --level=1 --raid-devices=2 --metadata=1.0 --run --assume-clean /dev/sda /dev/sdb
lvm vgcreate -qq -y data /dev/md/shop; lvm lvcreate -qq -y -n books -L 1G data
# A disk with a volume beside the partition that is kept.
printf 'label: gpt\\nstart=2048, size=1G\\nstart=4194304, name=flotilla-data\\n' | sfdisk -q /dev/vda
lvm vgcreate -qq -y third /dev/vda1; lvm lvcreate -qq -y -n x -L 200M third
mkdir -p /mnt /run/media/iso /etc/flotilla /etc/coreos/installer.d
mke2fs /dev/vda2; mount -t ext4 /dev/vda2 /mnt; echo precious >/mnt/till; umount /mnt
# The medium that booted.
mke2fs /dev/sdc; mount -t ext4 /dev/sdc /run/media/iso
udevadm settle
exec 2>&1
for name in ${Object.keys(cases).join(" ")}; do
  echo "case $name"
  rm -f /etc/coreos/installer.d/*
  cp /installation-$name /etc/flotilla/installation
  cp /choose-disk.jq /etc/flotilla/
  sh /pre-install.sh
  echo "status $?"
  cat /etc/coreos/installer.d/* 2>/dev/null
  lsblk -nro NAME,TYPE,FSTYPE | sort -u | sed 's/^/left /'
  for disk in nvme0n1 vda sda sdb; do blockdev --rereadpt /dev/$disk 2>/dev/null && echo "free $disk"; done
  udevadm settle
done
mount -t ext4 /dev/vda2 /mnt && echo "kept $(cat /mnt/till)"
echo "found all"
reboot -f
`;

const drives = [
  ["2G", "nvme", "NV1"],
  ["3G", "scsi-hd", "SA"],
  ["3G", "scsi-hd", "SB"],
  ["64M", "scsi-hd", "SM"],
  ["4G", "virtio-blk-pci", "VV"],
] as const;
const bytes = { M: 2 ** 20, G: 2 ** 30 } as const;

/** Console lines of each case. */
const found = new Map<string, string[]>();

describe.skipIf(!hasEmulator || machine === undefined)("disks of a machine of QEMU", () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-disks-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  beforeAll(async () => {
    const installation = { name: "till-1", title: "till-1", kernelArguments: [], ignition: "{}" };
    const files: [string, number, Uint8Array][] = [["init", 0o100_755, Buffer.from(init)]];
    for (const [name, each] of Object.entries(cases)) {
      const live = liveInstall({ ...installation, keyfiles: new Map(), ...each });
      const add = (path: string, from: string) => {
        const contents = fileInConfig(live, from);
        if (contents === undefined || files.some(([known]) => known === path)) return;
        files.push([path, 0o100_644, contents]);
      };
      add(`installation-${name}`, "/etc/flotilla/installation");
      add("pre-install.sh", "/usr/local/bin/pre-install-flotilla");
      add("choose-disk.jq", "/etc/flotilla/choose-disk.jq");
    }
    const initrd = join(folder, "initrd");
    const system = readFileSync(join(machine ?? "", "initrd"));
    writeFileSync(initrd, Buffer.concat([system, cpioArchive(files)]));
    const devices = drives.flatMap(([size, model, serial], index) => {
      const path = join(folder, `${serial}.img`);
      writeFileSync(path, "");
      truncateSync(path, Number(size.slice(0, -1)) * bytes[size.slice(-1) as keyof typeof bytes]);
      const bus = index === 1 ? ["-device", "virtio-scsi-pci"] : [];
      const drive = `file=${path},if=none,format=raw,id=d${index}`;
      return [...bus, "-drive", drive, "-device", `${model},drive=d${index},serial=${serial}`];
    });
    const kernel = join(machine ?? "", "vmlinuz");
    const output = await consoleOutput(initrd, 540, { kernel, devices });
    if (!output.includes("found all")) throw new Error(`The machine stopped:\n${output}`);
    let lines: string[] = [];
    for (const line of output.split(/\s*\n/)) {
      const [, name] = /^case (\w+)$/.exec(line) ?? [];
      if (name === undefined) lines.push(line);
      else found.set(name, (lines = []));
    }
  }, 600_000);

  const left = (name: string, disk: string) =>
    (found.get(name) ?? []).filter((line) => line.startsWith(`left ${disk}`));

  test("nothing is touched where several disks fit", () => {
    const lines = found.get("several") ?? [];
    expect(lines).toContain(
      "INSTALLATION REFUSED: 4 disks fit: /dev/sda, /dev/sdb, /dev/vda, /dev/nvme0n1. Change disk in fleet.yaml and make the medium again. Nothing is erased.",
    );
    expect(lines).toContain("status 1");
    expect(lines.join("\n")).toMatch(/\/dev\/sdc .* SM .* the medium that booted/);
    expect(lines).toContain("left old-root lvm");
    expect(lines).toContain("left data-books lvm");
    expect(lines.filter((line) => line.startsWith("free "))).toEqual([]);
  });

  test("nor where the data is in the same array", () => {
    const lines = found.get("shared") ?? [];
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^INSTALLATION REFUSED: .* is for data, and shares .*md127 .*\/dev\/sda/,
      ),
    );
    expect(lines).toContain("left data-books lvm");
  });

  test("a disk is found at its connector, and its volumes and snapshots are removed", () => {
    const lines = found.get("path") ?? [];
    expect(lines).toContain("dest-device: /dev/nvme0n1");
    expect(left("path", "nvme0n1")).toEqual([
      "left nvme0n1 disk",
      "left nvme0n1p1 part",
      "left nvme0n1p2 part",
    ]);
    expect(lines.filter((line) => line.startsWith("left old"))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("free "))).toEqual(["free nvme0n1"]);
    expect(lines).toContain("left data-books lvm");
    expect(lines).toContain("left third-x lvm");
  });

  test("a file system that a partition table would overwrite is refused, and partitions are not", () => {
    const lines = found.get("unpartitioned") ?? [];
    expect(lines.join(" ")).toContain("/dev/sdc keeps data, and holds ext2 without a partition");
    expect(lines).toContain("status 1");
    expect(found.get("path")).toContain("status 0");
  });

  test("the smallest disk is not the medium", () => {
    expect(found.get("smallest")).toContain("dest-device: /dev/nvme0n1");
  });

  test("an array and the volume in it are removed from both disks of a mirror", () => {
    expect(left("mirror", "sd")).toEqual(["left sda disk", "left sdb disk", "left sdc disk ext2"]);
    const free = (found.get("mirror") ?? []).filter((line) => line.startsWith("free sd"));
    expect(free).toEqual(["free sda", "free sdb"]);
  });

  test("the partition that is kept keeps its data", () => {
    expect(left("kept", "vda")).toEqual(["left vda disk", "left vda1 part", "left vda2 part ext2"]);
    expect(found.get("kept")).toContain("kept precious");
  });
});
