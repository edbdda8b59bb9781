/** The users of a device's operating system. */
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type { Mistake } from "../../grammar/mistakes.ts";
import type { User } from "../../model/machine.ts";
import { closest } from "../../model/names.ts";
import { changeableGroups, isSystemUser, systemGroups } from "../../model/system-accounts.ts";
import type { Inherited } from "./inherited.ts";
import { repeatedItems } from "./repeated.ts";

type UsersInput = NonNullable<MachineInput["users"]>;

/** Sorted by name. */
export function resolvedUsers({ value, secret }: Inherited<UsersInput>): readonly User[] {
  return Object.entries(value)
    .map(([name, { sshKeys = [], passwordHash, groups = [] }]) => ({
      name,
      sshKeys,
      passwordHash:
        passwordHash === undefined
          ? null
          : secret([name, "passwordHash"], passwordHash, "password-hash"),
      groups,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * What stops Ignition at the first boot, which makes users with useradd(8), in the order of their names.
 *
 * @param hasSnippets whether the operator's own Butane can make groups: then they are checked with it
 */
export function userMistakes(users: Inherited<UsersInput>, hasSnippets: boolean): Mistake[] {
  const { value, mistake, keyMistake } = users;
  return Object.entries(value).flatMap(([name, { groups = [] }]) => {
    const taken = mistakeInName(name);
    return [
      ...(taken === undefined ? [] : [keyMistake([name], taken)]),
      ...repeatedItems(users, [name, "groups"], groups),
      ...groups.flatMap((group, index) => {
        // Not those of prototypes: names come from a file.
        const isUsers = Object.hasOwn(value, group);
        const isMade = name !== core && (group === core || (isUsers && group < name));
        if (isMade || changeableGroups.includes(group)) return [];
        if (hasSnippets && !isUsers && !systemGroups.has(group)) return [];
        const message = mistakeInGroup(name, group, value);
        return [mistake([name, "groups", index], message)];
      }),
    ];
  });
}

/** Made first: Fedora CoreOS' own configuration has it. */
const core = "core";

/** Why no user can have a name. */
export function mistakeInName(name: string): string | undefined {
  if (isSystemUser(name)) {
    return `Fedora CoreOS has a user ${name}, which Ignition cannot change. Write another name.`;
  }
  return systemGroups.has(name) && name !== "root"
    ? `Fedora CoreOS has a group ${name}, and a new user gets a group of its own name. Write another name.`
    : undefined;
}

function mistakeInGroup(user: string, group: string, users: UsersInput): string {
  const choices = `Write ${changeableGroups.slice(0, -1).join(", ")} or ${changeableGroups.at(-1)}`;
  if (group === user) return `a user is in the group of its own name already. Delete this line.`;
  if (Object.hasOwn(users, group)) {
    const rename = user === core ? "" : `, or give ${user} a name that comes after ${group}`;
    return `the group ${group} is that of a user who is made after ${user}. ${choices}${rename}.`;
  }
  if (systemGroups.has(group)) {
    return `Ignition cannot add users to Fedora CoreOS' group ${group}, which is in /usr/lib/group, and fails at the first boot. ${choices}.`;
  }
  const near = closest(group, changeableGroups);
  const suggestion = near === undefined ? "" : ` Did you mean ${near}?`;
  return `the group "${group}" does not exist on Fedora CoreOS, and Ignition fails at the first boot. ${choices}, or make it in a snippet (passwd.groups under butane).${suggestion}`;
}
