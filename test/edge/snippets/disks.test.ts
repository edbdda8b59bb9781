/** File systems, volumes and arrays on the disk that the device starts from. */
import { describe, expect, test } from "vitest";
import { mistakesIn } from "../snippet-fleet.ts";

const storage = (text: string) => `storage: { ${text} }\n`;
const filesystem = (device: string, more = "format: xfs, wipe_filesystem: true") =>
  storage(`filesystems: [{ device: ${device}, ${more} }]`);
const luks = (device: string, more: string, name = "own") =>
  storage(`luks: [{ name: ${name}, device: ${device}, ${more} }]`);
const raid = (device: string) =>
  storage(`raid: [{ name: own, level: raid1, devices: [/dev/sdb1, ${device}] }]`);

describe("the disk that Fedora CoreOS starts from", () => {
  test.each([
    ["the whole disk", filesystem("/dev/sda")],
    ["the disk by Fedora CoreOS' own name", filesystem("/dev/disk/by-id/coreos-boot-disk")],
    ["a partition of it", filesystem("/dev/sda4")],
    ["a partition by that name", filesystem("/dev/disk/by-id/coreos-boot-disk-part3")],
    ["the root by its label", filesystem("/dev/disk/by-partlabel/root")],
    ["the firmware's partition", filesystem("/dev/disk/by-label/EFI-SYSTEM", "format: vfat")],
    ["swap on /boot", filesystem("/dev/disk/by-label/boot", "format: swap")],
    [
      "/boot again",
      filesystem("/dev/disk/by-label/boot", "path: /boot, wipe_filesystem: true, format: ext4"),
    ],
    ["a volume on the disk", luks("/dev/sda", "clevis: { tpm2: true }")],
    ["a volume on /boot", luks("/dev/disk/by-partlabel/boot", "clevis: { tpm2: true }")],
    ["an array with the root", raid("/dev/sda4")],
    ["an array with the disk", raid("/dev/sda")],
  ])("%s is refused", (_, text) => {
    expect(mistakesIn(text)).toContainEqual(
      expect.stringContaining("is the disk that Fedora CoreOS starts from, or a partition of it"),
    );
  });

  test.each([
    [
      "another root",
      filesystem(
        "/dev/disk/by-partlabel/root",
        "format: btrfs, label: root, wipe_filesystem: true",
      ),
    ],
    ["a partition from 5 on", filesystem("/dev/sda5")],
    ["another disk", filesystem("/dev/sdaa1")],
    ["an encrypted root", "boot_device: { luks: { tpm2: true } }\n"],
    ["a mirror", "boot_device: { mirror: { devices: [/dev/sda, /dev/sdb] } }\n"],
    ["an array elsewhere", raid("/dev/sdc1")],
    [
      "a user of GRUB",
      "grub: { users: [{ name: root, password_hash: grub.pbkdf2.sha512.1.A.B }] }\n",
    ],
  ])("%s is accepted", (_, text) => {
    expect(mistakesIn(text)).toEqual([]);
  });
});

const own = (options: string) =>
  storage(
    `disks: [{ device: /dev/sdb, wipe_table: true, partitions: [{ label: own }] }], filesystems: [{ device: /dev/disk/by-partlabel/own, path: /var/lib/rancher, format: xfs, with_mount_unit: true, mount_options: [${options}] }]`,
  );

test.each(["ro", "noexec", "noauto", "'noatime,ro'"])("ours is not mounted with %s", (options) => {
  expect(mistakesIn(own(options))).toContainEqual(
    expect.stringMatching(/which the option (?:ro|noexec|noauto) keeps from being/),
  );
});

test("other options are accepted, and all of them elsewhere", () => {
  expect(mistakesIn(own("noatime, 'x-systemd.device-timeout=0', errors=remount-ro"))).toEqual([]);
  expect(mistakesIn(own("ro").replace("/var/lib/rancher", "/var/lib/own"))).toEqual([]);
});

test.each([
  ["threshold: 3, tpm2: true", "1 of tang and tpm2 are here, so 3 can never unlock"],
  ["custom: { pin: sss, config: '{', needs_network: false }", "expected a JSON object"],
  ["custom: { pin: tpm2, config: '[]', needs_network: false }", "expected a JSON object"],
])("a volume with %s is refused", (clevis, message) => {
  expect(mistakesIn(luks("/dev/sdb", `clevis: { ${clevis} }`))).toEqual([
    expect.stringContaining(message),
  ]);
});

test("a volume with two keys is accepted", () => {
  const tang = "tang: [{ url: 'http://tang.example', thumbprint: abc }]";
  expect(mistakesIn(luks("/dev/sdb", `clevis: { tpm2: true, threshold: 2, ${tang} }`))).toEqual([]);
});
