/** Users, groups and kernel arguments of a snippet. */
import { objectOf, objectsOf } from "../butane/checks.ts";
import { kernelArgumentProblem } from "../../fleet/model/kernel-argument.ts";
import { besideInterfaces } from "../../fleet/model/network-argument.ts";
import { systemGroups, systemUsers } from "../../fleet/model/system-accounts.ts";
import type { Finding, Rule } from "./own-system.ts";
import { hiddenPath } from "./paths.ts";

const isSystems = (names: ReadonlyMap<string, unknown>, name: unknown) =>
  name === "core" || names.has(String(name));

/** Fields with which nobody comes in by SSH any more, or somewhere else. */
const replacingFields = ["homeDir", "noCreateHome", "primaryGroup", "shell", "system", "uid"];

export const checkAccounts: Rule = (config, own) => {
  const passwd = objectOf(config, "passwd");
  const ownUsers = objectsOf(objectOf(own.config, "passwd"), "users");
  const found: Finding[] = [];
  objectsOf(passwd, "users").forEach((user, index) => {
    const { name, homeDir } = user;
    const taken = typeof homeDir === "string" ? hiddenPath(homeDir, own) : undefined;
    if (taken !== undefined) {
      const message = `${taken.path} of Flotilla's part "${taken.part}" is there, and a home folder belongs to its user. Write another folder.`;
      found.push({ path: ["passwd", "users", index, "homeDir"], message });
    }
    const ownUser = ownUsers.find((each) => each["name"] === name);
    if (ownUser === undefined && !isSystems(systemUsers, name)) return;
    const at = ["passwd", "users", index];
    if (user["shouldExist"] === false) {
      const message = `a device of Flotilla needs the user ${String(name)}. Delete should_exist.`;
      found.push({ path: [...at, "shouldExist"], message });
    }
    if (ownUser === undefined) return;
    const whose = `the user ${String(name)} belongs to Flotilla's part "${own.users.get(String(name))}"`;
    for (const field of replacingFields.filter((each) => user[each] !== undefined)) {
      const message = `${whose}, and this changes how it logs in. Delete this, or write another user; keys, groups and a password may be added.`;
      found.push({ path: [...at, field], message });
    }
    if (ownUser["passwordHash"] !== undefined && user["passwordHash"] !== undefined) {
      const message = `${whose}, and this silently replaces its password. Delete this, or passwordHash in the fleet file.`;
      found.push({ path: [...at, "passwordHash"], message });
    }
  });
  objectsOf(passwd, "groups").forEach(({ name, shouldExist }, index) => {
    if (shouldExist !== false || !isSystems(systemGroups, name)) return;
    const message = `a device of Flotilla needs the group ${String(name)}. Delete should_exist.`;
    found.push({ path: ["passwd", "groups", index, "shouldExist"], message });
  });
  return found;
};

/** What Fedora CoreOS' own boot loader entry says. */
const neededArguments =
  /^(?:rw$|root=|rootflags=|boot=|ostree=|ignition\.|\$ignition_firstboot|systemd\.machine_id=)/;

/** Has Fedora CoreOS carry the network of the first boot's initramfs into the installed system. */
export const persistArgument = "coreos.force_persist_ip";

/** Arguments of Ignition's own, which runs again after it added some. */
const ignitionArguments = /^(?:ignition|coreos)\./;

export const checkKernelArguments: Rule = (config, own) => {
  const { shouldExist = [], shouldNotExist = [] } = objectOf(config, "kernelArguments") as {
    readonly shouldExist?: readonly string[];
    readonly shouldNotExist?: readonly string[];
  };
  const found: Finding[] = [];
  const inList = (list: string, index: number, message: string) =>
    found.push({ path: ["kernelArguments", list, index], message });
  shouldNotExist.forEach((argument, index) => {
    const words = argument.split(/\s+/);
    const fromProfile = words.find((word) => own.kernelArguments.includes(word));
    const needed = words.find((word) => neededArguments.test(word));
    if (fromProfile !== undefined) {
      const remedy = "Delete it there, or delete this";
      inList(
        "shouldNotExist",
        index,
        `the profile's kernelArguments add ${word(fromProfile)}. ${remedy}.`,
      );
    } else if (needed !== undefined) {
      inList("shouldNotExist", index, `Fedora CoreOS needs ${word(needed)} to start. Delete this.`);
    } else if (words.some((each) => each.split("=", 1)[0] === persistArgument)) {
      const message = `Flotilla adds ${persistArgument} where the network of the first boot must stay. Delete this, or write ${persistArgument}=0 under the profile's kernelArguments.`;
      inList("shouldNotExist", index, message);
    }
  });
  shouldExist.forEach((argument, index) => {
    const words = argument.split(/\s+/);
    const ofIgnition = words.find((each) => ignitionArguments.test(each));
    if (ofIgnition !== undefined) {
      const message = `Ignition reads ${word(ofIgnition)} when it runs again after it added arguments, and then does not make this device. Delete this.`;
      inList("shouldExist", index, message);
      return;
    }
    const unread = own.declaresNetwork
      ? words.map(besideInterfaces).find((each) => each !== undefined)
      : undefined;
    if (unread !== undefined) {
      inList("shouldExist", index, unread);
      return;
    }
    const problem = words.map(kernelArgumentProblem).find((each) => each !== undefined);
    if (problem !== undefined) inList("shouldExist", index, problem);
  });
  return found;
};

const word = (argument: string) => JSON.stringify(argument);
