/** What can be a disk, by its name. */
import { readdirSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { disk } from "../../../fleet/grammar/disk.ts";

const problem = (path: string) => disk.safeParse(path).error?.issues.map(({ message }) => message);

const disks =
  "sda sdb sdaa hda vda xvda nvme0n1 nvme1n2 mmcblk0 mmcblk1 dasda pmem0 md127 md/data nbd0 zd0 rssda " +
  "dm-0 mapper/mpatha mapper/controls vg/root cciss/c0d0 block/8:0 nullx random-disk " +
  "disk/by-id/ata-Samsung_SSD_870-1 disk/by-id/nvme-eui.0025 disk/by-id/wwn-0x5000-part " +
  "disk/by-path/pci-0000:00:17.0-ata-1 disk/by-diskseq/3 disk/by-label/data cpu-disk boot-disk";

test.each(disks.split(" "))("/dev/%s can be", (name) => {
  expect(problem(`/dev/${name}`)).toBeUndefined();
});

test.each([
  ["a character device", "null zero full random urandom mem kmsg port fuse net/tun input/event0"],
  ["a character device", "watchdog rtc0 tpm0 tpmrm0 sg1 vhost-net usb/hiddev0 mapper/control"],
  ["a terminal", "tty tty1 ttyS0 console ptmx pts pts/0"],
  ["an open file", "fd fd/3 stdin stdout stderr"],
  ["memory", "shm shm/x shm/a/b mqueue/q hugepages ram0 zram0"],
  ["a drive of optical or floppy disks", "sr0 cdrom dvd fd0"],
  ["a file in place of a disk", "loop0 loop1p1"],
  ["a folder", "disk disk/by-id disk/by-path mapper block"],
  ["a partition", "sda1 vdb12 nvme0n1p2 mmcblk0p1 disk/by-id/ata-x-part1 disk/by-partlabel/root"],
  ["the controller of a disk", "nvme0 nvme-fabrics"],
  ["a part of a memory card that only its firmware uses", "mmcblk0boot0 mmcblk0rpmb"],
])("%s is not a disk: %s", (what, names) => {
  for (const name of names.split(" ")) {
    expect(problem(`/dev/${name}`)?.[0]).toMatch(
      new RegExp(`^"/dev/${name}" is ${what}, not a disk\\. Write a block device, like `),
    );
  }
});

test("no device of this machine that is not a block device can be", () => {
  const paths = readdirSync("/dev", { recursive: true, encoding: "utf8" }).map(
    (name) => `/dev/${name}`,
  );
  const found = paths.filter((path) => {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isCharacterDevice() === true && problem(path) === undefined;
  });
  expect(found).toEqual([]);
});
