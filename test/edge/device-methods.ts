/** What each public method of a device takes, and what it refuses. */
import { valid as validProps } from "./valid-props.ts";

export type Values = readonly unknown[];

export interface Method {
  /** Valid arguments beside the part, with every key that is optional. */
  readonly valid: Values;
  /** Keys of an object, or numbers of arguments, that may be missing: dotted paths. */
  readonly optional?: readonly string[];
  /** What is wrong in place of the valid arguments, and what the message has after `store-01/part: method`. */
  readonly wrong: readonly (readonly [given: Values, message: string])[];
  /** Where the part is among the arguments. @default first; null: nowhere */
  readonly part?: number | null;
}

export const file = { path: "/etc/till.conf", mode: 0o644, contents: { inline: "a\n" } };
export const download = {
  source: "https://mirror.example.com/k3s",
  verification: { hash: `sha256-${"0".repeat(64)}` },
};
const unit = { name: "till@1.service", enabled: true, contents: "[Install]\nWantedBy=a.target\n" };
const disk = {
  device: "/dev/sdb",
  wipe_table: false,
  partitions: [{ number: 1, label: "till", size_mib: 100, resize: true }],
};
const filesystem = {
  device: "/dev/disk/by-partlabel/till",
  format: "xfs",
  path: "/var/till",
  wipe_filesystem: false,
};
const snippet = { text: "variant: fcos\nversion: 1.5.0\n", file: "a.bu", line: 1, column: 1 };
const { authorities } = validProps["TrustedAuthorities"] as {
  readonly authorities: readonly string[];
};
const certificate = authorities[0] ?? "";
const privateKey = "-----BEGIN PRIVATE KEY-----\ncanary-word\n-----END PRIVATE KEY-----\n";

const paths = (method: string, key: string, rest: object): Method["wrong"] => [
  [
    [{ ...rest, [key]: "etc/a" }],
    `${method}.${key}: the path "etc/a": path not absolute. Write an`,
  ],
  [[{ ...rest, [key]: "/etc/../a" }], 'the path "/etc/../a": path is not fully simplified. Write'],
  [[{ ...rest, [key]: "/etc/a/" }], 'the path "/etc/a/": path is not fully simplified. Write'],
  [[{ ...rest, [key]: "/" }], 'the path "/": this is the root directory. Write'],
  [[{ ...rest, [key]: "/etc/a\0" }], "path contains a NUL byte. Write"],
  [[{ ...rest, [key]: "" }], 'the path "": path not specified. Write'],
];

const unitNames = ["till", "till.unit", "a b.service", "a/b.service", ".service", "@.service", ""];

export const methods: Readonly<Record<string, Method>> = {
  addFile: {
    valid: [{ ...file, overwrite: true }],
    optional: ["0.overwrite"],
    wrong: [
      ...paths("addFile", "path", file),
      [
        [{ ...file, mode: "0644" }],
        'addFile.mode: the path "/etc/till.conf": found "0644". Write the permissions as an octal number without quotes, like 0o644.',
      ],
      [[{ ...file, mode: 644 }], "found 644, which is 0o1204. Write the octal number: 0o644."],
      [[{ ...file, mode: 444 }], "found 444, which is 0o674. Write the octal number: 0o444."],
      [[{ ...file, mode: 0o4755 }], "found 0o4755. Ignition sets permissions up to 0o777. Write"],
      [[{ ...file, mode: -1 }], "found -1. Ignition sets permissions up to 0o777. Write"],
      [[{ ...file, mode: 1.5 }], "found 1.5. Write the permissions"],
      [[{ ...file, contents: "a" }], "contents: the path"],
      [
        [{ ...file, contents: {} }],
        'this file has no contents. Write contents: { inline: "text" }.',
      ],
      [[{ ...file, contents: undefined, content: file.contents }], "Did you mean contents?"],
      [[{ ...file, contents: { inlin: "a" } }], 'unknown key "inlin". Did you mean inline?'],
      [[{ ...file, contents: { local: "a" } }], 'unknown key "local". Known keys: inline, source'],
      [[{ ...file, contents: { ...download, inline: "a" } }], "has inline and source. Delete one"],
      [[{ ...file, contents: { source: download.source } }], "nothing verifies this download."],
      [
        [{ ...file, contents: { ...download, source: "k3s" } }],
        "not a URL that Ignition can downl",
      ],
      [
        [{ ...file, contents: { ...download, verification: { hash: "sha256-0" } } }],
        '"sha256-0" is not a hash. Write sha256- and 64 hexadecimal digits.',
      ],
      [
        [{ ...file, user: { name: "core" } }],
        'addFile.user: the path "/etc/till.conf": unknown ke',
      ],
      [[{ ...file, overwrite: false }], "addFile.overwrite: the path"],
    ],
  },
  addDirectory: {
    valid: [{ path: "/var/till", mode: 0o755, user: { name: "core" } }],
    optional: ["0.user", "0.user.name"],
    wrong: [
      ...paths("addDirectory", "path", { mode: 0o755 }),
      [
        [{ path: "/var/till", mode: "755" }],
        'addDirectory.mode: the path "/var/till": found "755"',
      ],
      [[{ path: "/var/till", mode: 755 }], "Write the octal number: 0o755."],
    ],
  },
  addLink: {
    valid: [{ path: "/etc/till", target: "/var/till" }],
    wrong: [
      ...paths("addLink", "path", { target: "/var/till" }),
      [[{ path: "/etc/till", target: "" }], 'addLink.target: the path "/etc/till": this is empty'],
      [[{ path: "/etc/till", to: "/a" }], 'addLink.to: the path "/etc/till": unknown key "to".'],
    ],
  },
  addUnit: {
    valid: [unit],
    optional: ["0.enabled", "0.contents"],
    wrong: [
      ...unitNames.map((name): Method["wrong"][number] => [
        [{ ...unit, name }],
        `addUnit.name: the unit ${JSON.stringify(name)}: systemd does not accept this name. Write `,
      ]),
      [[{ name: undefined }], 'addUnit: "name" is missing. Write it here.'],
      [[{ ...unit, enabled: "true" }], 'the unit "till@1.service": found "true". Write true or'],
      [[{ ...unit, enable: true }], 'unknown key "enable". Did you mean enabled?'],
      [[{ ...unit, contents: ["canary-word"] }], "addUnit.contents: the unit"],
    ],
  },
  addUser: {
    valid: [
      {
        name: "till",
        ssh_authorized_keys: ["ssh-ed25519 AA"],
        password_hash: "",
        groups: ["sudo"],
      },
    ],
    optional: ["0.ssh_authorized_keys", "0.password_hash", "0.groups"],
    wrong: [
      [[{ name: "Till" }], 'addUser.name: the user "Till": this is not a valid user name.'],
      [
        [{ name: "till", groups: "sudo" }],
        'addUser.groups: the user "till": found "sudo". Write a',
      ],
      [[{ name: "till", groups: [undefined] }], "addUser.groups.0: the user"],
      [
        [{ name: "till", ssh_authorized_keys: [privateKey] }],
        "more than one line. Write it in one",
      ],
      [[{ name: "till", password_hash: ["canary-word"] }], "found a list. Write text."],
    ],
  },
  setBootDevice: {
    valid: [
      { layout: "x86_64", luks: { tpm2: true }, mirror: { devices: ["/dev/sda", "/dev/sdb"] } },
    ],
    optional: ["0.layout", "0.luks", "0.luks.tpm2", "0.mirror", "0.mirror.devices"],
    wrong: [
      [[{ layout: "arm64" }], 'setBootDevice.layout: found "arm64". Write one of: x86_64,'],
      [[{ luks: { tpm2: "yes" } }], 'setBootDevice.luks.tpm2: found "yes". Write true or false.'],
      [[{ mirror: { devices: ["/dev/sda"] } }], "a mirror needs at least two disks."],
      [
        [{ mirror: { devices: ["/dev/sda", "sdb"] } }],
        'mirror.devices.1: "sdb" is not a block dev',
      ],
      [[{ lucks: {} }], 'setBootDevice.lucks: unknown key "lucks". Did you mean luks?'],
    ],
  },
  addDisk: {
    valid: [disk],
    optional: ["0.partitions.0.size_mib", "0.partitions.0.resize"],
    wrong: [
      [[{ ...disk, device: "sdb" }], 'addDisk.device: "sdb" is not a block device. Write its path'],
      [[{ ...disk, device: "/dev/../b" }], 'the path "/dev/../b": path is not fully simplified.'],
      [[{ device: "/dev/sdb" }], 'addDisk: the disk "/dev/sdb": "wipe_table" is missing.'],
      [
        [{ ...disk, partitions: [{ number: "1", label: "a" }] }],
        'addDisk.partitions.0.number: the disk "/dev/sdb": found "1". Write a number.',
      ],
      [[{ ...disk, partitions: [{ number: 1 }] }], '"label" is missing.'],
    ],
  },
  addFilesystem: {
    valid: [filesystem],
    wrong: [
      [
        [{ ...filesystem, format: "zfs" }],
        '"zfs" is not a file system that Ignition makes. Write x',
      ],
      [
        [{ ...filesystem, path: "var" }],
        'addFilesystem.path: the filesystem "/dev/disk/by-partlab',
      ],
      [[{ ...filesystem, wipe_filesystem: 0 }], "found 0. Write true or false."],
    ],
  },
  keepData: {
    valid: [{ disk: "/dev/sdb", isKept: true, partitionLabel: "till" }],
    optional: ["0.disk", "0.isKept", "0.partitionLabel"],
    wrong: [
      [[{}], "keepData: this names nothing that the installer keeps. Write disk with isKept: true"],
      [[{ disk: "/dev/sdb", keep: true }], 'keepData.keep: unknown key "keep".'],
    ],
  },
  addInstallerKeyfile: {
    valid: ["eno1.nmconnection", "[connection]\n"],
    part: 2,
    wrong: [
      [
        ["../x", "a"],
        'addInstallerKeyfile.name: the installer keyfile "../x": NetworkManager does',
      ],
      [["eno1", "a"], "Write a name without a folder that ends with .nmconnection, like eno1.nmco"],
      [["[a]\npsk=canary-word", "eno1"], "this name of a keyfile has more than one line."],
      [["eno1.nmconnection", ["canary-word"]], "addInstallerKeyfile.contents: the installer keyfi"],
    ],
  },
  setProxy: {
    valid: [{ http_proxy: "http://a:1", https_proxy: "https://a.b:1", no_proxy: ["localhost"] }],
    optional: ["0.http_proxy", "0.https_proxy", "0.no_proxy"],
    wrong: [
      [
        [{ https_proxy: "canary-word:3128" }],
        "setProxy.https_proxy: this is not the URL of an HTT",
      ],
      [["http://a:canary-word@b"], "setProxy: found text in place of the proxy. Write an object"],
      [[{ https: "http://a:1" }], 'setProxy.https: unknown key "https".'],
      [[{ no_proxy: "a,b" }], 'setProxy.no_proxy: found "a,b". Write a list'],
    ],
  },
  setAuthorities: {
    valid: [[certificate]],
    wrong: [
      [["canary-word"], "setAuthorities: found text. Write a list of PEM texts."],
      [[["canary-word"]], "setAuthorities.0: this text contains no certificate. Write PEM"],
      [[[privateKey]], "setAuthorities.0: this is a private key. Write certificates only."],
    ],
  },
  addKernelArguments: {
    valid: ["a=1", "b"],
    wrong: [
      [["a b"], 'addKernelArguments.0: "a b" is not a valid kernel argument. Write one argument'],
      [["a", 5], 'addKernelArguments.1: found 5. Write text, in quotes: "5".'],
      [[["a"]], "addKernelArguments.0: found a list. Write text."],
    ],
  },
  addSnippet: {
    valid: [snippet, { isChecked: false }],
    optional: ["1", "1.isChecked"],
    part: null,
    wrong: [
      [
        ["canary-word"],
        "addSnippet.snippet: found text. Write an object with text, file, line and",
      ],
      [[{ text: snippet.text }], 'addSnippet.snippet: "file" is missing. Write it here.'],
      [[{ ...snippet, line: 0 }], "addSnippet.snippet.line: 0 is too small. Write at least 1."],
      [[snippet, { checked: true }], 'addSnippet.options.checked: unknown key "checked".'],
      [[{ ...snippet, files: { folder: "." } }], "addSnippet.snippet.files"],
    ],
  },
  requireUnit: {
    valid: ["k3s.service", "K3sServer"],
    wrong: [
      [
        ["k3s", "K3sServer"],
        'requireUnit.name: the unit "k3s": systemd does not accept this name.',
      ],
      [["k3s.service"], 'requireUnit: "from" is missing. Write it here.'],
    ],
  },
  requirePath: {
    valid: ["/usr/local/bin/k3s", "K3sServer"],
    wrong: [
      [
        ["k3s", "K3sServer"],
        'requirePath.name: the path "k3s": path not absolute. Write an absolu',
      ],
      [["/a", ""], "requirePath.from: this is empty. Write a text."],
    ],
  },
};
