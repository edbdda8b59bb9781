/** What JavaScript, or a cast, writes wrong is refused where it is written. */
import { expect, test } from "vitest";
import { EdgeApp } from "../../edge/app.ts";
import { BootMirror } from "../../edge/parts/boot-mirror.ts";
import { EdgeDevice, type EdgeDeviceProps } from "../../edge/device.ts";

const make = (props: object) =>
  new EdgeDevice(new EdgeApp(), "till", {
    architecture: "x86_64",
    disk: "/dev/sda",
    ...props,
  } as EdgeDeviceProps);

test.each([
  [{ architecture: "arm64" }, 'architecture: "arm64" is not one that'],
  [{ disk: "" }, 'disk: "" is not a block device. Write its path, like /dev/sda,'],
  [{ disk: "sda" }, 'disk: "sda" is not a block device.'],
  [{ disk: undefined }, 'till: "disk" is missing. Write it here.'],
  [{ disk: { mirror: ["/dev/sda", "sdb"] } }, 'till: disk.mirror.1: "sdb" is not a block device.'],
  [{ disk: { mirror: ["/dev/sda"] } }, "till: disk.mirror: a mirror needs at least two disks."],
  [{ disk: { choose: "big" } }, 'till: disk.choose: found "big". Write one of: smallest,'],
  [{ disk: "/dev/sda\nx" }, 'till: disk: "/dev/sda\\nx" is not a block device.'],
  [{ board: "pi" }, 'till: board: found "pi". Write one of: raspberry-pi-4.'],
  [{ fleet: "a\nb" }, 'till: fleet: "a\\nb" is not the name of a fleet. Write it in one line.'],
  [{ coreosRelease: "44" }, 'till: coreosRelease: "44" is not a release of Fedora CoreOS.'],
  [{ kernelArguments: "quiet" }, 'till: kernelArguments: found "quiet". Write a list'],
  [{ kernelArguments: ["a b\nfoo"] }, '"a b\\nfoo" is not a valid kernel argument.'],
])("%j", (props, message) => {
  expect(() => make(props)).toThrow(message);
});

test("a disk that the live system chooses, and one with spaces", () => {
  expect(() => make({ disk: { choose: "smallest" } })).not.toThrow();
  expect(() => make({ disk: "/dev/disk/by-id/nvme-Disk one" })).not.toThrow();
});

test("a mirror needs the part that makes it, with the same disks", () => {
  const mirrored = make({ disk: { mirror: ["/dev/sda", "/dev/sdb"] } });
  expect(mirrored.validate()).toEqual([
    "till: disk is a mirror, and no part makes it. Add BootMirror with these disks.",
  ]);
  new BootMirror(mirrored, "boot-mirror", { disks: ["/dev/sda", "/dev/sdb"] });
  expect(mirrored.validate()).toEqual([]);
  const other = make({ disk: "/dev/sdc" });
  new BootMirror(other, "boot-mirror", { disks: ["/dev/sda", "/dev/sdb"] });
  expect(other.validate()).toEqual([
    'till: disk is /dev/sdc, and BootMirror mirrors /dev/sda and /dev/sdb. Write disk: { mirror: ["/dev/sda","/dev/sdb"] }.',
  ]);
});
