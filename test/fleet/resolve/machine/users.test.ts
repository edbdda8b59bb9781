/** Users that Ignition cannot make at the first boot. */
import { describe, expect, test } from "vitest";
import { systemGroups, systemUsers } from "../../../../fleet/model/system-accounts.ts";
import { devicesOf, mistakesOf } from "./machine-fleet.ts";

const users = (text: string) => ({ site: `users: { ${text} }` });
const choices = "Write adm, docker, root, sudo, systemd-journal or wheel";

test.each([
  [
    "bin: {}",
    "12:14: sites.boston.users.bin: Fedora CoreOS has a user bin, which Ignition cannot change. Write another name.",
  ],
  [
    "systemd-journal-remote: {}",
    "12:14: sites.boston.users.systemd-journal-remote: Fedora CoreOS has a user systemd-journal-remote, which Ignition cannot change. Write another name.",
  ],
  [
    "docker: {}",
    "12:14: sites.boston.users.docker: Fedora CoreOS has a group docker, and a new user gets a group of its own name. Write another name.",
  ],
  [
    "ann: { groups: [wheel, dialout] }",
    `12:37: sites.boston.users.ann.groups.1: Ignition cannot add users to Fedora CoreOS' group dialout, which is in /usr/lib/group, and fails at the first boot. ${choices}.`,
  ],
  [
    "ann: { groups: [weel] }",
    `12:30: sites.boston.users.ann.groups.0: the group "weel" does not exist on Fedora CoreOS, and Ignition fails at the first boot. ${choices}, or make it in a snippet (passwd.groups under butane). Did you mean wheel?`,
  ],
  [
    "ann: { groups: [constructor] }",
    `12:30: sites.boston.users.ann.groups.0: the group "constructor" does not exist on Fedora CoreOS, and Ignition fails at the first boot. ${choices}, or make it in a snippet (passwd.groups under butane).`,
  ],
  [
    "ann: { groups: [bob] }, bob: {}",
    `12:30: sites.boston.users.ann.groups.0: the group bob is that of a user who is made after ann. ${choices}, or give ann a name that comes after bob.`,
  ],
  [
    "ann: { groups: [ann] }",
    "12:30: sites.boston.users.ann.groups.0: a user is in the group of its own name already. Delete this line.",
  ],
  [
    "core: { groups: [ann] }, ann: {}",
    `12:31: sites.boston.users.core.groups.0: the group ann is that of a user who is made after core. ${choices}.`,
  ],
  [
    "ann: { groups: [wheel, wheel] }",
    '12:37: sites.boston.users.ann.groups.1: "wheel" appears twice in this list. Delete one.',
  ],
])("refused: %s", (text, mistake) => {
  expect(mistakesOf(users(text))).toEqual([mistake]);
});

test.each([
  "root: { groups: [wheel] }",
  "core: { groups: [docker] }",
  "bob: { groups: [ann, core, wheel] }, ann: {}",
  "till: {}",
])("accepted: %s", (text) => {
  expect(mistakesOf(users(text))).toEqual([]);
});

describe("every account of Fedora CoreOS", () => {
  const names = [...new Set([...systemUsers.keys(), ...systemGroups.keys()])];
  test.each(names.filter((name) => name !== "root"))("%s is not a name for a user", (name) => {
    expect(mistakesOf(users(`${name}: {}`))).toEqual([expect.stringContaining("another name")]);
  });
});

test("a group of a snippet is checked with it, at any level", () => {
  const site = "users: { ann: { groups: [tills, video] } }";
  const butane =
    "butane: |\n  variant: fcos\n  version: 1.5.0\n  passwd: { groups: [{ name: tills }] }";
  expect(mistakesOf({ site, range: butane })).toEqual([
    expect.stringContaining("sites.boston.users.ann.groups.1: Ignition cannot add users"),
  ]);
  const [, second] = devicesOf({ site: site.replace(", video", ""), range: butane });
  expect(second.machine?.users?.[0]?.groups).toEqual(["tills"]);
});
