/** A user's own parts are refused for what a snippet is refused for. */
import { Construct } from "constructs";
import { expect, test } from "vitest";
import { EdgeDevice } from "../../edge/device.ts";
import { checkOwnParts } from "../../edge/fleet-devices.ts";
import { fleetOf, usual } from "./snippet-fleet.ts";

type Add = (device: EdgeDevice, part: Construct) => void;

/** Checks a device with a part that adds this, and one beside it. */
function check(add: Add, more: Add = () => {}, profiles = usual): void {
  const fleet = fleetOf(`${profiles}devices:\n  store-01: { site: boston }\n`);
  const classOf = (adds: Add) =>
    class extends Construct {
      constructor(scope: Construct, id: string) {
        super(scope, id);
        adds(EdgeDevice.of(this), this);
      }
    };
  const used = new Map([
    ["kiosk", {}],
    ["more", {}],
  ]);
  const devices = fleet.devices.map((device) => ({ ...device, parts: used }));
  const parts = new Map([
    ["kiosk", classOf(add)],
    ["more", classOf(more)],
  ]);
  checkOwnParts({ ...fleet, devices }, parts);
}

const file =
  (path: string, inline = "", mode = 0o644): Add =>
  (device, part) =>
    device.addFile(part, { path, mode, contents: { inline } });
const unit =
  (name: string, settings: string): Add =>
  (device, part) => {
    const contents = `${settings}[Install]\nWantedBy=multi-user.target\n`;
    device.addUnit(part, { name, enabled: true, contents });
  };

const mirror: Add = (device, part) =>
  device.setBootDevice(part, {
    layout: "aarch64",
    mirror: { devices: ["/dev/sda", "/dev/sdb"] },
  });

test.each<readonly [string, Add, string]>([
  ["below /usr", file("/usr/bin/y"), "the path /usr/bin/y: /usr/bin/y is in /usr, which is read-"],
  [
    "in /proc",
    file("/proc/sys/x"),
    "the path /proc/sys/x: /proc is a file system of the kernel, which hides /proc/sys/x",
  ],
  [
    "of the system",
    file("/etc/passwd"),
    "the path /etc/passwd: Fedora CoreOS and Ignition write /etc/passwd, and this silently",
  ],
  [
    "of K3s, beside its own",
    file("/etc/rancher/k3s/config.yaml.d/x.yaml", "token: other\n"),
    'config.yaml.d/x.yaml: token is set by Flotilla\'s part "k3s", and K3s takes this value',
  ],
  [
    "with an unknown group",
    (device, part) => device.addUser(part, { name: "till", groups: ["nope"] }),
    "the user till: groups.0: ",
  ],
  [
    "with a group of the system",
    (device, part) => device.addUser(part, { name: "till", groups: ["video"] }),
    "the user till: groups.0: ",
  ],
  [
    "that turns off the firewall",
    unit("till.service", "[Service]\nExecStart=/usr/sbin/nft flush ruleset\n"),
    'the unit till.service: "flush ruleset" deletes',
  ],
  [
    "on the boot disk",
    (device, part) =>
      device.addDisk(part, { device: "/dev/sda", wipe_table: true, partitions: [] }),
    "the disk /dev/sda: /dev/sda is the disk that Fedora CoreOS starts from",
  ],
  ["for another board", mirror, "boot_device: expected layout: x86_64"],
])("%s", (_, add, message) => {
  expect(() => check(add)).toThrow(message);
});

test("the error names the part, the device and the line", () => {
  expect(() => check(() => {}, file("/usr/bin/y"))).toThrow(
    expect.objectContaining({
      where: ["part more", "device store-01"],
      cause: expect.objectContaining({
        message: expect.stringContaining("store-01/parts/more: the path /usr/bin/y: "),
        stack: expect.stringContaining("own-part-check.test.ts"),
      }),
    }),
  );
});

test("two parts are checked together, and beside Flotilla's own", () => {
  expect(() => check(file("/etc/a"), file("/etc/a/b"))).toThrow("/etc/a");
  expect(() => check(() => {}, file("/var/usrlocal/bin/k3s"))).toThrow(
    '/usr/local/bin/k3s belongs to Flotilla\'s part "k3s", and this silently replaces it.',
  );
  const both = file("/usr/local/bin/till", "#!/bin/sh\n", 0o755);
  const service = unit("till.service", "[Service]\nExecStart=/usr/local/bin/till\n");
  expect(() => check(both, service)).not.toThrow();
});

test("what adds to the system is accepted", () => {
  expect(() =>
    check((device, part) => {
      device.addUser(part, { name: "till", groups: ["wheel"] });
      device.addLink(part, { path: "/etc/till", target: "/var/lib/till" });
      device.addDirectory(part, { path: "/var/lib/till", mode: 0o755 });
      device.addDisk(part, {
        device: "/dev/sdb",
        wipe_table: false,
        partitions: [{ number: 1, label: "till", size_mib: 100 }],
      });
      const disk = "/dev/disk/by-partlabel/till";
      const path = "/var/till";
      device.addFilesystem(part, { device: disk, format: "xfs", path, wipe_filesystem: false });
      unit("var-till.mount", `[Mount]\nWhat=${disk}\nWhere=${path}\n`)(device, part);
    }, file("/var/till/x")),
  ).not.toThrow();
});
