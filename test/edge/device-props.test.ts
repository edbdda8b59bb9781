/** What JavaScript, or a cast, writes wrong is refused where it is written. */
import { expect, test } from "vitest";
import { EdgeApp } from "../../edge/app.ts";
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
  [{ disk: undefined }, 'disk: "" is not a block device.'],
  [{ disk: { mirror: ["/dev/sda", "sdb"] } }, 'disk: "sdb" is not a block device.'],
  [{ kernelArguments: ["a b\nfoo"] }, '"a b\\nfoo" is not a valid kernel argument.'],
])("%j", (props, message) => {
  expect(() => make(props)).toThrow(message);
});

test.each([{ content: { inline: "" } }, { contents: "text" }, { contents: {} }])(
  "a file with %j has no contents",
  (rest) => {
    const device = make({});
    const file = { path: "/etc/a", mode: 0o644, ...rest };
    expect(() => device.addFile(device, file as never)).toThrow(
      'the path "/etc/a": this file has no contents. Write contents: { inline: "text" }.',
    );
  },
);

test("a disk that the live system chooses, and one with spaces", () => {
  expect(() => make({ disk: { choose: "smallest" } })).not.toThrow();
  expect(() => make({ disk: "/dev/disk/by-id/nvme-Disk one" })).not.toThrow();
});
