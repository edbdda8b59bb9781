/** Users and groups that useradd and groupadd refuse, and owners that the device does not have. */
import { expect, test } from "vitest";
import { mistakesIn } from "../snippet-fleet.ts";

const links = (path: string, more = "target: /else") =>
  `storage: { links: [{ path: ${path}, ${more} }] }`;
const folders = (path: string, more = "mode: 0755") =>
  `storage: { directories: [{ path: ${path}, ${more} }] }`;
const user = (rest: string) => `passwd: { users: [{ ${rest} }] }`;
const group = (rest: string) => `passwd: { groups: [{ ${rest} }] }`;

const refused: readonly (readonly [string, string, RegExp])[] = [
  ["removes a user of the system", user("name: chrony, should_exist: false"), /needs the user/],
  ["removes a group of the system", group("name: docker, should_exist: false"), /needs the group/],
  ["a user's name", user("name: 'own one'"), /invalid as the name of a user/],
  ["a user of digits", user("name: '1000'"), /invalid as the name/],
  ["a user without a name", user("name: ''"), /invalid as the name/],
  ["a group's name", group("name: -own"), /invalid as the name of a group/],
  ["a colon", user("name: own, password_hash: 'a:b'"), /colon or a line break/],
  ["a relative home", user("name: own, home_dir: own"), /expected an absolute path/],
  ["an unknown group", user("name: own, groups: [wheel, other]"), /group "other" is unknown/],
  ["an unknown primary group", user("name: own, primary_group: other"), /unknown/],
  [
    "a group in /usr/lib/group",
    user("name: own, groups: [dialout]"),
    /which is in \/usr\/lib\/group/,
  ],
  [
    "a group of a later user",
    "passwd: { users: [{ name: b, groups: [c] }, { name: c }] }",
    /unknown/,
  ],
  ["a group of its own name", user("name: own, groups: [own]"), /group "own" is unknown/],
  ["a user of the system", user("name: bin, ssh_authorized_keys: [a]"), /has the user bin in/],
  ["a user of systemd", user("name: systemd-own"), /has the user systemd-own in/],
  ["a group of the system", group("name: dialout"), /has the group dialout in/],
  [
    "a removed group",
    `passwd: { users: [{ name: own, groups: [x] }], groups: [{ name: x, should_exist: false }] }`,
    /unknown/,
  ],
  ["core's ID", user("name: own, uid: 1000"), /the user core has the ID 1000/],
  ["root's ID", user("name: own, uid: 0"), /the user root/],
  [
    "an ID twice",
    "passwd: { users: [{ name: a, uid: 1500 }, { name: b, uid: 1500 }] }",
    /the user a has the ID 1500/,
  ],
  [
    "an ID that an earlier user gets",
    "passwd: { users: [{ name: a }, { name: b, uid: 1001 }] }",
    /the user a has/,
  ],
  ["a group's ID", group("name: own, gid: 10"), /the group wheel has the ID 10/],
  [
    "a group before its user",
    "passwd: { users: [{ name: own }], groups: [{ name: own }] }",
    /primary_group: own/,
  ],
  [
    "an unknown owner",
    "storage: { files: [{ path: /etc/own, user: { name: own } }] }",
    /user "own" is unknown/,
  ],
  [
    "an unknown group of a folder",
    folders("/etc/own", "group: { name: own }"),
    /group "own" is unknown/,
  ],
  ["an ID below zero", user("name: own, uid: -1"), /expected a number from 0 to 4294967294/],
  ["an ID that means none", user("name: own, uid: 4294967295"), /expected a number from 0/],
  ["a group's ID that means none", group("name: own, gid: 4294967295"), /expected a number from 0/],
  ["a group's password", group("name: own, password_hash: 'a:b'"), /colon or a line break/],
  [
    "keys without a home",
    user("name: own, no_create_home: true, ssh_authorized_keys: [a]"),
    /into its home folder, and fails without it/,
  ],
  ["a long name", links(`/etc/${"é".repeat(128)}`), /each name in it at most 255/],
  ["a long path", links(`/etc/${"a/".repeat(2050)}`.slice(0, -1)), /at most 4095 bytes/],
  ["a NUL in a path", folders(JSON.stringify("/etc/a\0b")), /NUL character/],
  ["a NUL in a target", links("/etc/a", `target: ${JSON.stringify("a\0b")}`), /NUL character/],
  ["a long target", links("/etc/a", `target: ${"a/".repeat(2100)}b`), /at most 4095 bytes/],
  ["an unknown owner of a link", links("/etc/own", "target: /a, user: { name: own }"), /unknown/],
];

const accepted: readonly (readonly [string, string])[] = [
  ["a user without a home", user("name: own, no_create_home: true")],
  ["root's keys", user("name: root, ssh_authorized_keys: [a], groups: [docker]")],
  [
    "a group of an earlier user",
    "passwd: { users: [{ name: c }, { name: b, groups: [c, core] }] }",
  ],
  ["a group that Ignition can change", group("name: docker, gid: 2000")],
  ["the highest ID", user("name: own, uid: 4294967294")],
  ["a path as long as it may be", links(`/etc/${"a".repeat(255)}`)],
  [
    "a group of its own",
    "passwd: { users: [{ name: own, uid: 1500, groups: [docker, x], primary_group: own }], groups: [{ name: own, gid: 1000 }, { name: x }] }",
  ],
  [
    "files of a user",
    "storage: { files: [{ path: /etc/own, user: { name: own }, group: { name: own } }] }\npasswd: { users: [{ name: own }] }",
  ],
  [
    "files of the system's users",
    "storage: { files: [{ path: /etc/own, user: { name: chrony }, group: { name: systemd-journal } }] }",
  ],
];

test.each(refused)("refused: %s", (_, rest, message) => {
  const mistakes = mistakesIn(rest);
  expect(mistakes.join("\n")).toMatch(message);
  for (const mistake of mistakes) expect(mistake).toMatch(/^fleet\.yaml:1[5-6]:\d+: [a-z]/);
});

test.each(accepted)("accepted: %s", (_, rest) => {
  expect(mistakesIn(rest)).toEqual([]);
});
