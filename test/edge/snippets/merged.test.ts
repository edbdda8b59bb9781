import { describe, expect, test } from "vitest";
import { fleetOf, mistakesIn, said, usual } from "../snippet-fleet.ts";

const files = (...paths: readonly string[]) =>
  `storage: { files: [${paths.map((path) => `{ path: ${path} }`).join(", ")}] }`;
const links = (path: string, more = "target: /else") =>
  `storage: { links: [{ path: ${path}, ${more} }] }`;
const folders = (path: string, more = "mode: 0755") =>
  `storage: { directories: [{ path: ${path}, ${more} }] }`;
const text = (path: string, contents: string) =>
  `storage: { files: [{ path: ${path}, contents: { inline: ${JSON.stringify(contents)} } }] }`;
const unit = (name: string, rest: string) =>
  `systemd: { units: [{ name: ${JSON.stringify(name)}, ${rest} }] }`;
const dropin = (name: string, contents: string) =>
  unit(name, `dropins: [{ name: 10-own.conf, contents: ${JSON.stringify(contents)} }]`);
const mounted = (path: string, more = "with_mount_unit: true") =>
  `storage: { filesystems: [{ device: /dev/sdb1, format: xfs, path: ${path}, ${more} }] }`;
const merging = (config: object, step = "merge") => {
  const value = JSON.stringify(JSON.stringify({ ignition: { version: "3.4.0" }, ...config }));
  const list = step === "merge" ? `[{ inline: ${value} }]` : `{ inline: ${value} }`;
  return `ignition: { config: { ${step}: ${list} } }`;
};
const encrypted = usual.replace("disk: /dev/sda", "disk: /dev/sda, encryption: tpm2");
const hostname = { storage: { files: [{ path: "/etc/hostname" }] } };

const refused: readonly (readonly [string, string, RegExp])[] = [
  // Paths of Flotilla, by each of their names
  ["a unit by its path", text("/etc/systemd/system/k3s.service", "[Service]"), /k3s\.service/],
  ["the real path", files("/var/usrlocal/bin/k3s"), /\/usr\/local\/bin\/k3s belongs to/],
  ["a deployment's /var", files("/ostree/deploy/fedora-coreos/var/usrlocal/bin/k3s"), /belongs to/],
  ["a file for /usr/local", files("/usr/local"), /belongs to/],
  ["a link over /var/usrlocal", links("/var/usrlocal/bin"), /belongs to/],
  ["a link over /etc", links("/etc"), /belongs to/],
  ["a link over /var", links("/var"), /belongs to/],
  ["a link over K3s", links("/var/lib/rancher"), /belongs to/],
  [
    "a file below Flotilla's",
    files("/etc/hostname/x"),
    /\/etc\/hostname belongs to .* not a folder/,
  ],
  ["a file below Flotilla's link", files("/etc/localtime/x"), /not a folder/],
  [
    "an appended line",
    "storage: { files: [{ path: /etc/hostname, append: [{ inline: x }] }] }",
    /belongs to/,
  ],
  ["deletes /etc", folders("/etc", "overwrite: true"), /overwrite deletes the whole folder/],
  ["closes /var", folders("/var/lib", "mode: 0700"), /mode 0700 hides it/],
  ["opens K3s", folders("/etc/rancher", "mode: 0777"), /lets others replace it/],
  ["gives K3s to another owner", folders("/etc/rancher", "user: { name: core }"), /another owner/],
  ["a link of the system", folders("/usr/local"), /is a link to \/var\/usrlocal/],
  ["in /usr", files("/usr/bin/tool"), /read-only/],
  ["in /lib", files("/lib/modules/x"), /read-only/],
  ["accounts", files("/etc/passwd"), /silently replaces it/],
  // File systems and mounts
  ["/etc", mounted("/etc"), /a file system over \/etc hides/],
  ["/", mounted("/", "wipe_filesystem: true"), /a file system over \/ hides/],
  [
    "/usr/local/bin without a unit",
    mounted("/usr/local/bin", "wipe_filesystem: true"),
    /nothing mounts it/,
  ],
  ["/var without a unit", mounted("/var", "wipe_filesystem: true"), /Add with_mount_unit: true/],
  [
    "a mount unit",
    unit("var-lib-rancher.mount", "enabled: true, contents: '[Mount]'"),
    /hides \/var\/lib\/rancher/,
  ],
  [
    "a mount unit of etc",
    unit("etc.mount", "enabled: true, contents: '[Mount]'"),
    /a mount over \/etc hides/,
  ],
  ["an automount", unit("usr-local.automount", "enabled: true, contents: '[Automount]'"), /hides/],
  ["a mount by path", text("/etc/systemd/system/usr-local-bin.mount", "[Mount]\nWhat=x"), /hides/],
  ["fstab", text("/etc/fstab", "# x\n/dev/sdb1 /var/lib/rancher xfs defaults 0 0"), /hides/],
  // Folders of the system and of units
  ["a link over units", links("/etc/systemd"), /belongs to/],
  ["a file over units", files("/etc/systemd/system"), /belongs to/],
  ["deletes units", folders("/etc/systemd/system", "overwrite: true"), /overwrite deletes/],
  ["deletes /etc/ssh", folders("/etc/ssh", "overwrite: true"), /folder of Fedora CoreOS/],
  ["a link over /etc/ssh", links("/etc/ssh"), /folder of Fedora CoreOS/],
  ["a file for /home", files("/home"), /link|folder of Fedora CoreOS/],
  ["a new folder in /", folders("/data"), /\/data is in the top folder/],
  [
    "a folder of the kernel",
    folders("/proc/own"),
    /\/proc is a file system of the kernel, which hides/,
  ],
  ["another one", folders("/sys/own"), /\/sys is a file system of the kernel, which hides/],
  ["a file in a new folder in /", files("/data/x"), /top folder/],
  // Hard links
  [
    "a hard link to nothing",
    links("/etc/own", "target: /etc/none, hard: true"),
    /none of the files/,
  ],
  [
    "a hard link to a folder",
    links("/etc/own", "target: /etc/rancher, hard: true"),
    /none of the files/,
  ],
  [
    "a hard link to /var",
    `storage: { links: [{ path: /etc/own, target: /var/own, hard: true }], files: [{ path: /var/own }] }`,
    /another file system/,
  ],
  [
    "a hard link into a file system",
    `storage: { links: [{ path: /var/a/own, target: /var/b/own, hard: true }], files: [{ path: /var/b/own }], filesystems: [{ path: /var/b, device: /dev/sdb1, format: xfs, with_mount_unit: true }] }`,
    /another file system/,
  ],
  // Units
  ["a unit's name with a path", unit("../system/k3s.service", "contents: '[Service]'"), /no slash/],
  ["masks NetworkManager", unit("NetworkManager.service", "mask: true"), /needs NetworkManager/],
  ["turns off chronyd", unit("chronyd.service", "enabled: false"), /needs chronyd/],
  [
    "takes ours' name",
    unit("x.service", 'contents: "[Install]\\nAlias=k3s.service"'),
    /needs k3s\.service/,
  ],
  [
    "stops ours",
    unit("x.service", 'contents: "[Unit]\\nConflicts=k3s.service"'),
    /Conflicts stops k3s/,
  ],
  ["empties ExecStart", dropin("k3s.service", "[Service]\nExecStart=\n"), /ExecStart= takes away/],
  ["replaces ExecStart", dropin("k3s.service", "[Service]\nExecStart=/bin/true"), /takes away/],
  ["continued", dropin("k3s.service", "[Service]\nNice=5\nExecStart= \\\n/bin/true"), /takes away/],
  ["empties ExecStartPre", dropin("k3s.service", "[Service]\nExecStartPre="), /takes away/],
  ["a condition", dropin("k3s.service", "[Unit]\nConditionPathExists=/no"), /can keep k3s/],
  [
    "NetworkManager's ExecStart",
    dropin("NetworkManager.service", "[Service]\nExecStart="),
    /takes/,
  ],
  [
    "a drop-in by path",
    text("/etc/systemd/system/k3s.service.d/x.conf", "[Service]\nExecStart="),
    /takes/,
  ],
  [
    "for all services",
    text("/etc/systemd/system/service.d/x.conf", "[Service]\nExecStart="),
    /takes/,
  ],
  [
    "by prefix",
    text("/etc/systemd/system/flotilla-.service.d/x.conf", "[Service]\nExecStart="),
    /takes/,
  ],
  [
    "in /usr/local",
    text("/usr/local/lib/systemd/system/k3s.service.d/x.conf", "[Service]\nUser=core"),
    /takes/,
  ],
  ["system.control", text("/etc/systemd/system.control/k3s.service", "[Service]"), /belongs to/],
  [
    "a link for a unit",
    links("/etc/systemd/system/k3s.service", "target: /dev/null"),
    /belongs to/,
  ],
  ["a preset", text("/etc/systemd/system-preset/00-x.preset", "disable k3s*\n"), /turns off k3s/],
  ["Ignition's preset", text("/etc/systemd/system-preset/20-ignition.preset", ""), /replaces it/],
  ["a generator", text("/etc/systemd/system-generators/x", ""), /a generator/],
  [
    "an unknown preset",
    "storage: { files: [{ path: /etc/systemd/system-preset/0.preset, contents: { source: 'https://a.example/x' } }] }",
    /nobody can check/,
  ],
  // Disks
  [
    "wipes the boot disk",
    "storage: { disks: [{ device: /dev/sda, wipe_table: true }] }",
    /starts from/,
  ],
  [
    "wipes it by its link",
    "storage: { disks: [{ device: /dev/disk/by-id/coreos-boot-disk, wipe_table: true }] }",
    /starts from/,
  ],
  [
    "removes /boot",
    "storage: { disks: [{ device: /dev/sda, partitions: [{ number: 3, should_exist: false }] }] }",
    /partition 3 .* own/,
  ],
  [
    "renames the root",
    "storage: { disks: [{ device: /dev/sda, partitions: [{ number: 4, label: data }] }] }",
    /is the root/,
  ],
  // Accounts and kernel arguments
  [
    "removes core",
    "passwd: { users: [{ name: core, should_exist: false }] }",
    /needs the user core/,
  ],
  [
    "kernel arguments",
    "kernel_arguments: { should_not_exist: [ignition.platform.id=metal] }",
    /needs/,
  ],
  [
    "forgets the first boot's network",
    "kernel_arguments: { should_not_exist: [coreos.force_persist_ip] }",
    /Flotilla adds coreos.force_persist_ip where the network of the first boot must stay/,
  ],
  [
    "masks by kernel argument",
    "kernel_arguments: { should_exist: [systemd.mask=k3s.service] }",
    /keeps/,
  ],
  // Nested configurations
  [
    "merges Flotilla's file",
    merging(hostname),
    /In ignition\.config\.merge\.0, storage\.files\.0\.path: \/etc\/hostname/,
  ],
  [
    "replaces itself with Flotilla's file",
    merging(hostname, "replace"),
    /In ignition\.config\.replace, /,
  ],
  [
    "is fetched",
    "ignition: { config: { merge: [{ source: 'https://a.example/x.ign' }] } }",
    /nobody can check/,
  ],
  [
    "replace is fetched",
    "ignition: { config: { replace: { source: 'https://a.example/x.ign' } } }",
    /nobody can check/,
  ],
  ["of another version", merging({ ignition: { version: "2.2.0" } }), /found "2\.2\.0"/],
  [
    "with a duplicate, of an earlier version",
    merging({
      ignition: { version: "3.1.0" },
      storage: { files: [{ path: "/a" }, { path: "/a" }] },
    }),
    /duplicate entry/,
  ],
  // What only the merged configuration shows
  ["the same path twice", files("/opt/x", "/var/opt/x"), /are the same path/],
  [
    "below a link by its other name",
    "storage: { links: [{ path: /opt/x, target: /etc }], files: [{ path: /var/opt/x/y }] }",
    /below the link/,
  ],
  ["below a file", files("/var/x", "/var/x/y"), /below the file \/var\/x/],
  [
    "its own unit by path too",
    `systemd: { units: [{ name: x.service, contents: '[Service]' }] }\n${text("/etc/systemd/system/x.service", "")}`,
    /path conflicts with systemd unit or dropin/,
  ],
];

const accepted: readonly (readonly [string, string])[] = [
  ["own files", files("/etc/motd.d/x", "/usr/local/bin/tool", "/opt/x", "/home/core/x")],
  [
    "a hard link",
    "storage: { links: [{ path: /etc/own, target: /etc/x, hard: true }], files: [{ path: /etc/x }] }",
  ],
  ["more of a folder", folders("/etc/rancher")],
  ["/usr/local/bin as a folder", folders("/usr/local/bin")],
  ["a file system over /var", mounted("/var")],
  ["a file system over K3s", mounted("/var/lib/rancher")],
  ["a file system elsewhere", mounted("/var/data", "wipe_filesystem: true")],
  ["a mount elsewhere", unit("var-data.mount", "enabled: true, contents: '[Mount]'")],
  [
    "swap",
    "storage: { filesystems: [{ device: /dev/sdb2, format: swap, with_mount_unit: true }] }",
  ],
  [
    "a drop-in that adds",
    dropin("k3s.service", "[Service]\nNice=5\nEnvironment=A=b\nRestart=always"),
  ],
  ["a drop-in by path", text("/etc/systemd/system/k3s.service.d/x.conf", "[Service]\nNice=5")],
  [
    "another unit",
    unit(
      "x.service",
      'enabled: true, contents: "[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target"',
    ),
  ],
  ["masks what nothing needs", unit("docker.service", "mask: true")],
  ["enables what is needed", unit("chronyd.service", "enabled: true")],
  [
    "more partitions",
    "storage: { disks: [{ device: /dev/disk/by-id/coreos-boot-disk, wipe_table: false, partitions: [{ number: 4, label: root, size_mib: 16384, resize: true }, { number: 5, label: data }] }] }",
  ],
  [
    "a key and a password",
    "passwd: { users: [{ name: core, password_hash: $y$j9T$a, ssh_authorized_keys: [ssh-ed25519 AAAA], groups: [wheel] }] }",
  ],
  [
    "kernel arguments",
    "kernel_arguments: { should_exist: [mitigations=off], should_not_exist: [quiet] }",
  ],
  ["a nested configuration", merging({ storage: { files: [{ path: "/etc/a" }] } })],
  ["a nested replacement", merging({ storage: { files: [{ path: "/etc/a" }] } }, "replace")],
  [
    "a preset",
    text("/etc/systemd/system-preset/30-x.preset", "enable x.service\ndisable y.service\n"),
  ],
  ["a mirror", "boot_device: { layout: x86_64, mirror: { devices: [/dev/sda, /dev/sdb] } }"],
  [
    "an encrypted mirror",
    "boot_device: { layout: x86_64, mirror: { devices: [/dev/sda, /dev/sdb] }, luks: { tpm2: true } }",
  ],
];

describe("a snippet", () => {
  test.each(refused)("is refused: %s", (_, rest, message) => {
    const mistakes = mistakesIn(rest);
    expect(mistakes.length).toBeGreaterThan(0);
    expect(mistakes.join("\n")).toMatch(message);
    for (const mistake of mistakes) expect(mistake).toMatch(/^fleet\.yaml:1[5-6]:\d+: [a-z]/);
  });

  test.each(accepted)("is accepted: %s", (_, rest) => {
    expect(mistakesIn(rest)).toEqual([]);
  });

  test.each([
    ["mirror", "mirror: { devices: [/dev/sda, /dev/sdb] }"],
    ["luks", "luks: { tang: [{ url: 'http://a.example', thumbprint: x }] }"],
  ])("has no %s beside the profile's encryption", (_, bootDevice) => {
    const [mistake, ...others] = mistakesIn(
      `boot_device: { layout: x86_64, ${bootDevice} }`,
      encrypted,
    );
    expect(mistake).toMatch(
      /^fleet\.yaml:15:\d+: boot_device\.\S+: encryption: tpm2 of the profile/,
    );
    expect(others.length).toBeLessThan(3);
  });

  test("cannot change the login of the fleet's SSH keys", () => {
    const keys = `access: { sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIvZQZ8sPqCJXkLmAYfCnTHVVkTjWwpDHFZ8vRkJwJtd ops"] }\n`;
    const shell = "passwd: { users: [{ name: core, shell: /sbin/nologin }] }";
    expect(mistakesIn(shell)).toEqual([]);
    expect(mistakesIn(shell, `${keys}${usual}`)).toEqual([
      expect.stringMatching(
        /^fleet\.yaml:16:\d+: passwd\.users\.0\.shell: the user core belongs to/,
      ),
    ]);
  });

  test("has the layout of the profile's architecture", () => {
    const mirror = "mirror: { devices: [/dev/sda, /dev/sdb] }";
    const [mistake] = mistakesIn(`boot_device: { layout: aarch64, ${mirror} }`);
    expect(mistake).toMatch(/boot_device: expected layout: x86_64.*found "aarch64"/);
    const arm = usual.replace("x86_64", "aarch64");
    expect(mistakesIn(`boot_device: { ${mirror} }`, arm).join()).toMatch(
      /expected layout: aarch64/,
    );
  });

  test.each([
    [
      "a unit and its path",
      unit("x.service", "contents: '[Service]'"),
      text("/etc/systemd/system/x.service", ""),
      /path conflicts/,
    ],
    [
      "a mirror and its encryption",
      "boot_device: { layout: x86_64, mirror: { devices: [/dev/sda, /dev/sdb] } }",
      "boot_device: { luks: { tpm2: true } }",
      /label root/,
    ],
    ["a link and a file below it", links("/etc/own"), files("/etc/own/x"), /path includes link/],
    [
      "partitions at the same place",
      "storage: { disks: [{ device: /dev/sdb, partitions: [{ number: 1, start_mib: 1, size_mib: 100 }] }] }",
      "storage: { disks: [{ device: /dev/sdb, partitions: [{ number: 2, start_mib: 50, size_mib: 100 }] }] }",
      /overlap/,
    ],
  ])("is checked together with the others: %s", (_, first, second, message) => {
    const head = "variant: fcos\nversion: 1.5.0\n";
    const fleet = `${usual.replace("{ profile: mini-pc }", "{ profile: mini-pc, butane: { file: a.bu } }")}devices:
  store-01: { site: boston, butane: { file: b.bu } }
`;
    for (const [a, b] of [
      [first, second],
      [second, first],
    ]) {
      const { mistakes } = said(
        fleetOf(fleet, { "a.bu": `${head}${a}\n`, "b.bu": `${head}${b}\n` }),
      );
      expect(mistakes.join("\n")).toMatch(message);
      for (const mistake of mistakes) expect(mistake).toMatch(/^folder\/[ab]\.bu:3:\d+: \w/);
    }
  });
});

test.each([
  ["nested folders", Array.from({ length: 900 }, (_, depth) => `/var/a${"/a".repeat(depth)}`)],
  ["many folders", Array.from({ length: 15_000 }, (_, index) => `/var/f${index}`)],
])("%s are checked within seconds", (_title, paths) => {
  const items = paths.map((path) => `    - path: ${path}\n`);
  const start = process.cpuUsage();
  expect(mistakesIn(`storage:\n  directories:\n${items.join("")}`)).toEqual([]);
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(4);
});
