/** Butane configurations of chance, the same on every run. */

export type Numbers = (below: number) => number;

/** A linear congruential generator. */
export function numbers(seed: number): Numbers {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
}

const sections: Readonly<Record<string, readonly string[]>> = {
  files: [
    "- path: /etc/a\n  mode: 0644\n  contents:\n    inline: hello world",
    "- path: /etc/b\n  mode: 644\n  user: {name: core}\n  contents: {source: 'https://x.invalid/b'}",
    "- path: /etc/c\n  overwrite: true\n  append:\n    - inline: |\n        one\n        two",
    "- path: /etc/d/../e\n  mode: 04755",
    `- path: /etc/l\n  contents:\n    inline: ${"key=value ".repeat(20)}x`,
  ],
  directories: ["- path: /etc/d\n  mode: 0755", "- path: /etc/a", "- path: /var/x\n  mode: 755"],
  links: [
    "- path: /etc/l\n  target: ../x",
    "- path: /etc/d\n  target: /etc/d\n  hard: true\n  user: {id: 1}",
    "- path: /etc/m",
  ],
  disks: [
    "- device: /dev/sda\n  wipe_table: true\n  partitions:\n    - {label: root, size_mib: 100}\n    - {number: 2, start_mib: 5, size_mib: 10}",
    "- device: /dev/sdb\n  partitions:\n    - {label: var, should_exist: false}\n    - number: 1",
  ],
  filesystems: [
    "- device: /dev/sda\n  format: xfs\n  path: /var/lib/x-y\n  with_mount_unit: true",
    "- device: /dev/mapper/data\n  format: swap\n  with_mount_unit: true",
    "- device: /dev/disk/by-label/boot\n  path: /boot\n  label: a-label-that-is-too-long\n  format: vfat",
  ],
  luks: [
    "- name: data\n  device: /dev/sdb\n  clevis:\n    tang: [{url: 'http://t.invalid', thumbprint: x}]",
    "- name: a/b\n  key_file: {inline: secret}\n  clevis: {tpm2: true, threshold: 1}",
  ],
  raid: [
    "- name: r\n  level: raid1\n  devices: [/dev/a, b]",
    "- name: md-boot\n  level: raid0\n  spares: 1",
  ],
};

const parts: readonly string[] = [
  "passwd:\n  users:\n    - name: core\n      groups: [wheel, wheel]\n      ssh_authorized_keys:\n        - ssh-ed25519 A",
  "passwd:\n  groups: [{name: g, gid: 0x10}]\n  users: [{name: a, uid: 1_000, system: yes}]",
  "systemd:\n  units:\n    - name: a@b.service\n      enabled: true\n    - name: a@.service\n      contents: |\n        [Service]\n        A=b",
  "systemd:\n  units:\n    - name: c.timer\n      enabled: true\n      contents: '[Unit]'\n      dropins:\n        - {name: d.conf, contents: bad}",
  "kernel_arguments:\n  should_exist: [a, b]\n  should_not_exist: [b]",
  "grub:\n  users: [{name: root, password_hash: x.y}]",
  "boot_device:\n  layout: aarch64\n  mirror: {devices: [/dev/sda, /dev/vdb]}",
  "boot_device:\n  luks: {tpm2: true, discard: true}",
  'ignition:\n  config:\n    merge:\n      - inline: \'{"ignition": {"version": "3.4.0"}}\'\n  timeouts: {http_total: 3.9}',
  "ignition:\n  proxy: {https_proxy: 'http://p.invalid', no_proxy: [a]}",
  "unknown: {key: value}",
];

export function randomConfig(random: Numbers): string {
  const version = `1.${4 + random(4)}.0`;
  const chosen = new Map<string, string>();
  for (let count = 1 + random(2); count > 0; count -= 1) {
    const part = parts[random(parts.length)] ?? "";
    chosen.set(part.split(":", 1)[0] ?? "", part);
  }
  const storage: string[] = [];
  for (const [name, items] of Object.entries(sections)) {
    if (random(6) > 0) continue;
    const picked = items.filter(() => random(3) === 0);
    if (picked.length > 0)
      storage.push(`  ${name}:\n${picked.join("\n").replaceAll(/^/gm, "    ")}`);
  }
  if (storage.length > 0) chosen.set("storage", `storage:\n${storage.join("\n")}`);
  return `variant: fcos\nversion: ${version}\n${[...chosen.values()].join("\n")}\n`;
}

/** One a line. */
const values = `
true
'yes'
0644
644
1.5
~
''
[]
{}
[a, b]
{a: b}
/x
a//b
-1
0x1F
99999999999999999999
http://[::1]:x/
2001-01-01
!!str 5
*a
&a x
null
é
"\\
0b11
.inf
08
no
a: b
- a
@x
# c
|
data:;base64,a
`
  .trim()
  .split("\n");
const characters = Array.from("\t:-?[]{}#&*!|>'\"%@`, \\é\n~<");

/** One or two values, lines or characters are changed. */
export function changedText(text: string, random: Numbers): string {
  const lines = text.split("\n");
  for (let count = 1 + random(2); count > 0; count -= 1) {
    const index = random(lines.length);
    const line = lines[index] ?? "";
    const place = random(line.length + 1);
    const kind = random(7);
    if (kind < 3) {
      const [, key] = /^(\s*(?:- )?[\w]+:)/.exec(line) ?? [];
      if (key !== undefined) lines[index] = `${key} ${values[random(values.length)]}`;
    } else if (kind === 3) lines.splice(index, 1);
    else if (kind === 4) lines.splice(index, 0, line);
    else if (kind === 5) lines[index] = random(2) === 0 ? ` ${line}` : line.replace(/^ /, "");
    else {
      const character = characters[random(characters.length)] ?? "";
      lines[index] = line.slice(0, place) + character + line.slice(place);
    }
  }
  return lines.join("\n");
}
