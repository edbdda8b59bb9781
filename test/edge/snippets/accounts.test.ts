/** Kernel arguments and home folders that take from a device what it needs. */
import { describe, expect, test } from "vitest";
import { mistakesIn, usual } from "../snippet-fleet.ts";

const kernel = (argument: string) => `kernel_arguments: { should_exist: ["${argument}"] }\n`;

test.each([
  ["ignition.platform.id=qemu", "when it runs again"],
  ["ignition.config.url=http://a.example/x", "when it runs again"],
  ["ignition.firstboot", "when it runs again"],
  ["systemd.hostname=till", "replaces the host name"],
  ["quiet systemd.machine-id=firmware", "one machine ID"],
  ["systemd.debug_shell", "opens a root shell"],
  ["enforcing=0", "turns off SELinux"],
  ["systemd.volatile=yes", "lose its data"],
  ["systemd.mask=flotilla-firewall.service", "keeps what Flotilla needs"],
  ["systemd.unified_cgroup_hierarchy=0", "keeps what Flotilla needs"],
  ["systemd.run=/bin/false", "keeps what Flotilla needs"],
  ["ro", "keeps what Flotilla needs"],
  ["rootflags=prjquota,ro", "keeps what Flotilla needs"],
  ["-b", "keeps what Flotilla needs"],
  ["rd.emergency", "keeps what Flotilla needs"],
  ["initcall_blacklist=a,wg_mod_init", "keeps what Flotilla needs"],
])("the kernel argument %s is refused", (argument, message) => {
  expect(mistakesIn(kernel(argument))).toEqual([expect.stringContaining(message)]);
});

test.each([
  "rootflags=prjquota",
  "systemd.unified_cgroup_hierarchy=1",
  "root_delay=3",
  "rootdelay=5",
  "ip=dhcp",
  "console=ttyS0",
  "BOOTIF=01-52-54-00-12-34-56",
])("the kernel argument %s is accepted", (argument) => {
  expect(mistakesIn(kernel(argument))).toEqual([]);
});

describe("beside declared interfaces, whose keyfiles the initramfs reads instead,", () => {
  const wired = usual.replace(
    "boston: { profile: mini-pc }",
    "boston: { profile: mini-pc, interfaces: { eno1: {} } }",
  );

  test.each(["ip=dhcp", "quiet nameserver=10.1.1.1", "BOOTIF=01-52-54-00-12-34-56"])(
    "the kernel argument %s is refused",
    (argument) => {
      const [mistake, ...rest] = mistakesIn(kernel(argument), wired);
      expect(mistake).toMatch(/^fleet\.yaml:15:\d+: .*= and interfaces exclude each other/);
      expect(rest).toEqual([]);
    },
  );

  test.each(["ifname=lan0:52:54:00:12:34:56", "rd.neednet=1"])(
    "the kernel argument %s is accepted",
    (argument) => {
      expect(mistakesIn(kernel(argument), wired)).toEqual([]);
    },
  );
});

const user = (fields: string) => `passwd: { users: [{ name: ada, ${fields} }] }\n`;

test.each([
  ["/etc/hostname", 'Flotilla\'s part "hostname" is there'],
  ["/var/lib/rancher/k3s/server/tls", "is there, and a home folder belongs to its user"],
  ["/var/lib/rancher", "is there"],
  ["/usr/share/ada", "cannot be made on Fedora CoreOS"],
  ["/data/ada", "cannot be made on Fedora CoreOS"],
])("the home folder %s is refused", (home, message) => {
  expect(mistakesIn(user(`home_dir: ${home}`))).toEqual([expect.stringContaining(message)]);
});

test("a home folder elsewhere is accepted", () => {
  for (const home of ["/home/ada", "/var/lib/ada", "/opt/ada", "/usr/local/ada"]) {
    expect(mistakesIn(user(`home_dir: ${home}`))).toEqual([]);
  }
});

describe("a user of the fleet file", () => {
  const withUsers = usual.replace(
    "boston: { profile: mini-pc }",
    "boston: { profile: mini-pc, users: { ada: { passwordHash: { env: ADA } }, core: {}, bob: {} } }",
  );
  const named = (name: string, fields: string) =>
    mistakesIn(`passwd: { users: [{ name: ${name}, ${fields} }] }\n`, withUsers);

  test.each([
    ["ada", "password_hash: $y$x", 'part "users/ada", and this silently replaces its password'],
    ["ada", "shell: /bin/sh", 'part "users/ada", and this changes how it logs in'],
    ["core", "uid: 1500", 'part "users/core", and this changes how it logs in'],
    ["ada", "should_exist: false", "needs the user ada"],
  ])("%s with %s is refused", (name, fields, message) => {
    expect(named(name, fields)).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ["ada", "ssh_authorized_keys: [ssh-ed25519 AAAA], groups: [docker]"],
    ["bob", "password_hash: $y$x, gecos: Bob"],
  ])("%s with %s is merged", (name, fields) => {
    expect(named(name, fields)).toEqual([]);
  });
});
