/** Files that programs read beside those of Flotilla: K3s, NetworkManager and systemd-tmpfiles. */
import { objectOf } from "../butane/checks.ts";
import { isBelow, realPath } from "./fedora-coreos.ts";
import { type Finding, type NodeItem, nodesOf, type OwnSystem, type Rule } from "./own-system.ts";
import { contentsOf, mistakeInText } from "./units.ts";

export const checkServiceFiles: Rule = (config, own) =>
  nodesOf(config).flatMap((item): readonly Finding[] => {
    if (item.list === "directories") return [];
    const message = mistakeIn(item, own);
    return message === undefined ? [] : [{ path: item.at, message }];
  });

const k3sConfig = "/etc/rancher/k3s/config.yaml";
const connections = "/etc/NetworkManager/system-connections";
const rulesOfFiles = /^\/(?:etc|run|var\/usrlocal\/lib)\/tmpfiles\.d$/;

function mistakeIn(item: NodeItem, own: OwnSystem): string | undefined {
  const { real } = item;
  const folder = real.slice(0, real.lastIndexOf("/"));
  const skipped = [...own.paths.keys()].find((path) => `${realPath(path)}.skip` === real);
  if (skipped !== undefined) return `with this, K3s skips ${skipped} of Flotilla. Delete it.`;
  if (folder === `${k3sConfig}.d`) {
    return mistakeInText(item, (text) => mistakeInK3s(text, own));
  }
  if (folder === connections) return mistakeInText(item, (text) => mistakeInConnection(text, own));
  if (
    folder === "/etc/NetworkManager/conf.d" ||
    real === "/etc/NetworkManager/NetworkManager.conf"
  ) {
    return mistakeInText(item, (text) => mistakeInManaged(text, own));
  }
  return rulesOfFiles.test(folder)
    ? mistakeInText(item, (text) => mistakeInFileRules(text, own))
    : undefined;
}

/** `key:` at the start of a line, quoted or not; `key+:` adds to what was there. */
const keysOf = (text: string) =>
  [...text.matchAll(/^["']?([A-Za-z][\w-]*)["']?[ \t]*:/gm)].map(([, key = ""]) => key);

function mistakeInK3s(text: string, own: OwnSystem): string | undefined {
  const ours = keysOf(ownText(own, k3sConfig));
  const key = keysOf(text).find((each) => ours.includes(each));
  if (key === undefined) return undefined;
  return `${key} is set by Flotilla's part "${own.paths.get(k3sConfig) ?? ""}", and K3s takes this value instead. Delete ${key}, or write ${key}+ where it is a list.`;
}

/** The interfaces of Flotilla's own connections. */
function interfacesOf(own: OwnSystem): readonly string[] {
  return [...own.paths.keys()]
    .filter((path) => isBelow(path, connections))
    .flatMap((path) => interfaceIn(ownText(own, path)));
}

const interfaceIn = (text: string) =>
  [...text.matchAll(/^[ \t]*interface-name[ \t]*=[ \t]*(\S+)/gm)].map(([, name = ""]) => name);

function mistakeInConnection(text: string, own: OwnSystem): string | undefined {
  const ours = interfacesOf(own);
  const name = interfaceIn(text).find((each) => ours.includes(each));
  return name && `${name} is the interface of Flotilla's tunnel. Write another interface-name.`;
}

function mistakeInManaged(text: string, own: OwnSystem): string | undefined {
  const name = interfacesOf(own)[0];
  if (name === undefined) return undefined;
  for (const [line, list = ""] of text.matchAll(/^[ \t]*unmanaged-devices[ \t]*\+?=(.*)$/gm)) {
    const parts = list.split(/[,;]/).map((part) => part.trim());
    if (parts.some((part) => part.startsWith("except:"))) {
      return `${line.trim()} leaves every other interface alone, also ${name} of Flotilla's tunnel. Name the interfaces that you mean.`;
    }
    const patterns = parts.map((part) => part.replace(/^interface-name:=?/, ""));
    if (patterns.some((part) => part === "type:wireguard" || matches(part, name))) {
      return `${line.trim()} keeps NetworkManager from ${name}, Flotilla's tunnel. Name other interfaces.`;
    }
  }
  return undefined;
}

function matches(pattern: string, name: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(name);
}

/** A rule at a path of ours, or one that deletes or replaces what is above it. */
function mistakeInFileRules(text: string, own: OwnSystem): string | undefined {
  for (const line of text.split("\n")) {
    const [kind = "", written = ""] = line.trim().split(/\s+/);
    if (kind.startsWith("#") || !written.startsWith("/")) continue;
    const real = realPath(written.replaceAll(/^"|"$/g, ""));
    const deletes = /^[rRDLC]/.test(kind) || kind.includes("+") || kind.includes("=");
    const ours = [...own.paths.keys()].find((path) => {
      const place = realPath(path);
      return matches(real, place) || (deletes && isBelow(place, real));
    });
    if (ours !== undefined) {
      return `${kind} ${written} changes ${ours} of Flotilla's part "${own.paths.get(ours) ?? ""}" at each start. Delete this line.`;
    }
  }
  return undefined;
}

function ownText(own: OwnSystem, path: string): string {
  const file = nodesOf(own.config).find((each) => each.list === "files" && each.path === path);
  return (file && contentsOf(objectOf(file.node, "contents"))) ?? "";
}
