/**
 * Files that nftables, sshd, Zincati, rpm-ostree, systemd and the kernel read, and that can turn off what
 * Flotilla has set up. Also files that Fedora CoreOS has already.
 */
import { objectOf, objectsOf } from "../butane/checks.ts";
import { existingFiles } from "./fedora-coreos.ts";
import { matchesGlob } from "./glob.ts";
import { type Finding, type NodeItem, nodesOf, type OwnSystem, type Rule } from "./own-system.ts";
import { unitsOf } from "./own-system.ts";
import { contentsOf, mistakeInText } from "./units.ts";
import { settingsOf } from "./unit-text.ts";

export const checkPrograms: Rule = (config, own) => [
  ...nodesOf(config).flatMap((item): readonly Finding[] => {
    if (item.list === "directories") return [];
    const message = mistakeInExisting(item) ?? mistakeInFile(item, own);
    return message === undefined ? [] : [{ path: item.at, message }];
  }),
  ...unitsOf(config).flatMap((unit, index): readonly Finding[] => {
    const texts = [unit, ...objectsOf(unit, "dropins")].map(({ contents }) =>
      String(contents ?? ""),
    );
    const message = texts
      .map((text) => mistakeInRules(text, own))
      .find((each) => each !== undefined);
    return message === undefined ? [] : [{ path: ["systemd", "units", index, "name"], message }];
  }),
];

function mistakeInExisting({ real, list, node }: NodeItem): string | undefined {
  if (!existingFiles.has(real) || node["overwrite"] === true) return undefined;
  const isAppended = list === "files" && objectOf(node, "contents")["source"] === undefined;
  return isAppended
    ? undefined
    : `Fedora CoreOS has ${real}. Add overwrite: true to replace it, or write append instead of contents.`;
}

type Check = (text: string, own: OwnSystem) => string | undefined;

/** By the real paths of the files. What the device fetches is refused there, as nobody can check it. */
const checks: readonly (readonly [RegExp, Check])[] = [
  [/^\/etc\/(?:nftables\/|sysconfig\/nftables\.conf$)/, mistakeInRules],
  [/^\/etc\/ssh\/sshd_config(?:\.d\/[^/]+\.conf)?$/, mistakeInSshd],
  [/^\/(?:etc|run)\/zincati\/config\.d\/[^/]+\.toml$/, mistakeInZincati],
  [/^\/etc\/rpm-ostreed\.conf$/, mistakeInRpmOstree],
  [
    /^\/(?:etc|run|var\/usrlocal\/lib)\/systemd\/system\.conf(?:\.d\/[^/]+\.conf)?$/,
    mistakeInManager,
  ],
  [/^\/(?:etc|run|var\/usrlocal\/lib)\/sysusers\.d\/[^/]+\.conf$/, mistakeInSysusers],
  [/^\/(?:etc|run|var\/usrlocal\/lib)\/modprobe\.d\/[^/]+\.conf$/, mistakeInModules],
];

function mistakeInFile(item: NodeItem, own: OwnSystem): string | undefined {
  const [, check] = checks.find(([pattern]) => pattern.test(item.real)) ?? [];
  if (check !== undefined) return mistakeInText(item, (text) => check(text, own));
  // A script can be anywhere.
  const parts = [objectOf(item.node, "contents"), ...objectsOf(item.node, "append")];
  return mistakeInRules(parts.map((part) => contentsOf(part) ?? "").join("\n"), own);
}

const firewall = "/etc/flotilla/firewall.nft";
const flushesAll =
  /^(?![ \t]*[#;]).*\bflush[ \t]+ruleset\b(?![ \t]+(?:ip|ip6|arp|bridge|netdev)\b)/m;
const namesOurTable = /^(?![ \t]*[#;]).*\binet[ \t]+flotilla(?![\w./-])/m;

/** Rules of nftables, or a script or a unit that loads some. */
function mistakeInRules(text: string, own: OwnSystem): string | undefined {
  const part = own.paths.get(firewall);
  if (part === undefined) return undefined;
  if (flushesAll.test(text)) {
    return `"flush ruleset" deletes the table of Flotilla's part "${part}" and those of Kubernetes. Write flush table with the name of your own table.`;
  }
  return namesOurTable.test(text)
    ? `the table "inet flotilla" belongs to Flotilla's part "${part}". Write a table of your own.`
    : undefined;
}

const linesOf = (text: string) =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !/^(?:[#;]|$)/.test(line));

function mistakeInSshd(text: string, own: OwnSystem): string | undefined {
  const users = ownUsersOf(own);
  for (const line of linesOf(text)) {
    const [word = "", , list = ""] = /^(\S+?)(\s*=\s*|\s+|$)(.*)$/.exec(line)?.slice(1) ?? [];
    const key = word.toLowerCase();
    // What follows is for some connections only.
    if (key === "match") return undefined;
    const values = list.replaceAll('"', "").split(/\s+/);
    const locked = users.find(
      (user) =>
        (key === "pubkeyauthentication" && /^no$/i.test(values[0] ?? "")) ||
        (key === "denyusers" &&
          values.some((each) => matchesGlob(each.replace(/@.*/, ""), user))) ||
        (key === "allowusers" &&
          !values.some((each) => matchesGlob(each.replace(/@.*/, ""), user))) ||
        (key === "authenticationmethods" &&
          !values.some((each) => /^(?:any|publickey(?:[:,].*)?)$/i.test(each))),
    );
    if (locked !== undefined) {
      return `${line.slice(0, 80)} keeps ${locked} of Flotilla's part "ssh-access" from logging in with its key. Delete this line.`;
    }
  }
  return undefined;
}

function ownUsersOf(own: OwnSystem): readonly string[] {
  return objectsOf(objectOf(own.config, "passwd"), "users").map(({ name }) => String(name));
}

const updates = "/etc/zincati/config.d/55-flotilla.toml";

function mistakeInZincati(text: string, own: OwnSystem): string | undefined {
  const ours = nodesOf(own.config).find(({ path }) => path === updates);
  if (ours === undefined) return undefined;
  const keys = tomlKeysOf(contentsOf(objectOf(ours.node, "contents")) ?? "");
  const found = tomlKeysOf(text).find(
    (key) =>
      key === "updates.enabled" ||
      keys.some((each) => each === key || each.startsWith(`${key}.`) || key.startsWith(`${each}.`)),
  );
  if (found === undefined) return undefined;
  return `${found} is set by Flotilla's part "${own.paths.get(updates) ?? ""}". Delete it here; maintenance in fleet.yaml sets when a device updates.`;
}

/** `updates.strategy` for each key and each table that is an item of a list. */
function tomlKeysOf(text: string): readonly string[] {
  let table = "";
  return linesOf(text).flatMap((line): readonly string[] => {
    const [, brackets = "", name] = /^(\[\[?)([^\]]+)\]/.exec(line) ?? [];
    if (name !== undefined) {
      table = plain(name);
      return brackets === "[[" ? [table] : [];
    }
    const [, key] = /^([\w."' \t-]+)=/.exec(line) ?? [];
    if (key === undefined) return [];
    return [table === "" ? plain(key) : `${table}.${plain(key)}`];
  });
}

const plain = (key: string) => key.replaceAll(/["'\s]/g, "");

function mistakeInRpmOstree(text: string): string | undefined {
  for (const { key, value } of settingsOf(text)) {
    if (key === "LockLayering" && /^(?:true|1|yes)$/i.test(value)) {
      return "LockLayering keeps the device from layering k3s-selinux, without which K3s does not start. Delete it.";
    }
    if (key === "AutomaticUpdatePolicy" && !/^(?:none|off|)$/.test(value)) {
      return `AutomaticUpdatePolicy=${value} updates outside the maintenance windows, which Zincati keeps. Delete it.`;
    }
  }
  return undefined;
}

/** What K3s reads from its environment goes before what its configuration says. */
const k3sVariable = /(?:^|[\s"'])(K3S_\w+)=/;

function mistakeInManager(text: string): string | undefined {
  for (const { key, value } of settingsOf(text)) {
    const [, variable] = key.endsWith("Environment") ? (k3sVariable.exec(value) ?? []) : [];
    if (variable !== undefined) {
      return `${key} sets ${variable}, and K3s takes this instead of what Flotilla's part "k3s" says. Delete it.`;
    }
  }
  return undefined;
}

function mistakeInSysusers(text: string, own: OwnSystem): string | undefined {
  const users = ownUsersOf(own);
  for (const line of linesOf(text)) {
    const [kind = "", name = ""] = line.split(/\s+/).map((word) => word.replaceAll(/["']/g, ""));
    if (/^[ug]/.test(kind) && users.includes(name)) {
      return `${kind} ${name} defines the user of Flotilla's part "ssh-access" again. Delete this line.`;
    }
  }
  return undefined;
}

/** The kernel modules that the tunnel, the firewall and the network of pods require. */
const neededModules = "br_netfilter dummy nf_tables overlay veth vxlan wireguard".split(" ");

function mistakeInModules(text: string): string | undefined {
  for (const line of linesOf(text)) {
    const [directive, name = ""] = line.split(/\s+/);
    const module = name.replaceAll("-", "_");
    if ((directive === "blacklist" || directive === "install") && neededModules.includes(module)) {
      return `${line.slice(0, 80)} keeps the module ${module} from loading, which a device of Flotilla needs. Delete this line.`;
    }
  }
  return undefined;
}
