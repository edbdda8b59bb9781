/**
 * Users and groups of the merged configuration. Ignition makes them with useradd and groupadd, in the
 * order of the lists and groups first; what these refuse stops the first boot.
 */
import { objectOf, objectsOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import type { Path } from "../butane/node.ts";
import {
  changeableGroups,
  isSystemUser,
  systemGroups,
  systemUsers,
} from "../../fleet/model/system-accounts.ts";
import { isReadOnly, realPath, topFolderOf, topFolders } from "./fedora-coreos.ts";
import { type Finding, nodesOf } from "./own-system.ts";

/** The ID of the user that Fedora CoreOS makes first, and that every other without an ID comes after. */
const coreId = 1_000;
const core = "core";
/** The number above means "no ID" to Linux. */
const idMax = 4_294_967_294;

export function mistakesInAccounts(merged: JsonObject): readonly Finding[] {
  const passwd = objectOf(merged, "passwd");
  const [groups, users] = [objectsOf(passwd, "groups"), objectsOf(passwd, "users")];
  const names = namesOf(groups, users);
  const found: Finding[] = [];
  const refuse = (path: Path, message: string) => found.push({ path, message });
  const groupIds = new Map<number, string>(systemGroups.values());
  groups.forEach((group, index) => {
    const at = ["passwd", "groups", index];
    checkEntry(group, at, { noun: "group", field: "gid" }, groupIds);
    checkFields(group, at);
    const name = String(group["name"]);
    if (systemGroups.has(name) && !changeableGroups.includes(name)) {
      refuse([...at, "name"], unchangeable("group", name));
    }
  });
  const userIds = new Map<number, string>([...systemUsers.values(), [coreId, core]]);
  const joinable = new Set([core, ...changeableGroups, ...names.own]);
  let newest = coreId;
  users.forEach((user, index) => {
    const at = ["passwd", "users", index];
    checkEntry(user, at, { noun: "user", field: "uid" }, userIds);
    if (user["shouldExist"] === false) return;
    const { name, uid } = user;
    if (typeof uid === "number") newest = Math.max(newest, uid);
    else if (name !== core && user["system"] !== true) userIds.set((newest += 1), String(name));
    checkFields(user, at);
    if (isSystemUser(String(name))) refuse([...at, "name"], unchangeable("user", String(name)));
    else checkGroups(user, at);
    if (hasOwnGroup(user)) joinable.add(String(name));
  });
  for (const { node, list, at } of nodesOf(merged)) {
    for (const field of ["user", "group"] as const) {
      const { name } = objectOf(node, field);
      if (typeof name !== "string" || name === "" || names[field].has(name)) continue;
      refuse([...at.slice(0, -1), field, "name"], unknown(field, name, list));
    }
  }
  return found;

  function checkEntry(
    entry: JsonObject,
    at: Path,
    { noun, field }: { readonly noun: "user" | "group"; readonly field: "uid" | "gid" },
    ids: Map<number, string>,
  ): void {
    const name = String(entry["name"] ?? "");
    if (entry["shouldExist"] === false) return;
    if (!isName(name)) {
      refuse(
        [...at, "name"],
        `${JSON.stringify(name)} is invalid as the name of a ${noun}. Write at most 32 letters, digits, "_", "." and "-", not only digits, and no leading "-".`,
      );
    }
    const id = entry[field];
    if (typeof id !== "number") return;
    if (id < 0 || id > idMax) {
      refuse([...at, field], `expected a number from 0 to ${idMax}, found ${id}. Write one.`);
      return;
    }
    const other = ids.get(id);
    if (other === undefined) ids.set(id, name);
    else if (other !== name) {
      refuse(
        [...at, field],
        `the ${noun} ${other} has the ID ${id} already. Write another ${field}.`,
      );
    }
  }

  /** Checks the fields of a user or a group. */
  function checkFields(entry: JsonObject, at: Path): void {
    for (const field of ["gecos", "homeDir", "passwordHash", "shell"]) {
      const value = entry[field];
      if (typeof value !== "string" || value === "") continue;
      if (/[:\n]/.test(value)) {
        refuse([...at, field], "a colon or a line break is invalid here. Delete it.");
      } else if ((field === "homeDir" || field === "shell") && !value.startsWith("/")) {
        const message = `expected an absolute path, found ${JSON.stringify(value)}. Write one.`;
        refuse([...at, field], message);
      } else if (field === "homeDir" && cannotBeMade(value)) {
        const message = `${value} cannot be made on Fedora CoreOS, so Ignition fails at the first boot. Write a folder below /var.`;
        refuse([...at, field], message);
      }
    }
    const keys = entry["sshAuthorizedKeys"];
    const isNew = !systemUsers.has(String(entry["name"])) && entry["name"] !== core;
    if (isNew && entry["noCreateHome"] === true && Array.isArray(keys) && keys.length > 0) {
      const message = `Ignition writes the SSH keys of this user into its home folder, and fails without it. Delete no_create_home, or the keys.`;
      refuse([...at, "noCreateHome"], message);
    }
  }

  function checkGroups(user: JsonObject, at: Path): void {
    const name = String(user["name"]);
    const { primaryGroup, groups: others = [] } = user as {
      readonly primaryGroup?: string;
      readonly groups?: readonly string[];
    };
    if (primaryGroup && !names.group.has(primaryGroup)) {
      refuse([...at, "primaryGroup"], unknown("group", primaryGroup, "users"));
    }
    others.forEach((group, index) => {
      if (joinable.has(group)) return;
      const message = systemGroups.has(group)
        ? `Ignition cannot add users to Fedora CoreOS' group ${group}, which is in /usr/lib/group, and fails at the first boot. Write one of ${changeableGroups.join(", ")}, or a group of passwd.groups.`
        : unknown("group", group, "users");
      refuse([...at, "groups", index], message);
    });
    const isMade = !systemUsers.has(name) && name !== core;
    if (isMade && hasOwnGroup(user) && (names.own.has(name) || systemGroups.has(name))) {
      const message = `the group ${name} exists before this user, whose own group has that name. Add primary_group: ${name}.`;
      refuse([...at, "name"], message);
    }
  }
}

/** A home folder in the image, or in no folder that is there. */
function cannotBeMade(home: string): boolean {
  const real = realPath(home);
  return isReadOnly(home) || !topFolders.has(topFolderOf(real));
}

/** Whether useradd makes a group of the user's name. */
function hasOwnGroup(user: JsonObject): boolean {
  return user["noUserGroup"] !== true && !user["primaryGroup"];
}

interface Names {
  readonly user: ReadonlySet<string>;
  readonly group: ReadonlySet<string>;
  /** Groups that the configuration makes. */
  readonly own: ReadonlySet<string>;
}

function namesOf(groups: readonly JsonObject[], users: readonly JsonObject[]): Names {
  const made = (list: readonly JsonObject[]) =>
    list.filter(({ shouldExist }) => shouldExist !== false).map(({ name }) => String(name));
  const own = new Set(made(groups));
  return {
    user: new Set([core, ...systemUsers.keys(), ...made(users)]),
    group: new Set([core, ...systemGroups.keys(), ...own, ...made(users.filter(hasOwnGroup))]),
    own,
  };
}

/** As useradd and groupadd of Fedora CoreOS take it. */
function isName(name: string): boolean {
  return (
    /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,30}[A-Za-z0-9_.$-]?$/.test(name) &&
    !/^(?:\d+|\.\.?)$/.test(name)
  );
}

function unchangeable(noun: "user" | "group", name: string): string {
  return `Fedora CoreOS has the ${noun} ${name} in /usr/lib, where Ignition cannot change it, and fails at the first boot. Write another name, or delete this.`;
}

function unknown(noun: "user" | "group", name: string, list: string): string {
  const whose = list === "users" ? "this user" : "this path";
  return `the ${noun} ${JSON.stringify(name)} is unknown on the device, so Ignition fails at ${whose}. Add it to passwd.${noun}s, or write another.`;
}
