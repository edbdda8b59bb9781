/** Files that programs read beside those of Flotilla: K3s, NetworkManager and systemd-tmpfiles. */
import { objectOf } from "../butane/checks.ts";
import { isBelow, realPath } from "./fedora-coreos.ts";
import { matchesGlob } from "./glob.ts";
import { disabledManifest, mistakeInManifest } from "./manifests.ts";
import { type Finding, type NodeItem, nodesOf, type OwnSystem, type Rule } from "./own-system.ts";
import { settingsOf } from "./unit-text.ts";
import { contentsOf, mistakeInText } from "./units.ts";
import type { Values } from "../../fleet/model/values.ts";
import { tooLarge, yamlValues } from "./yaml-values.ts";

export const checkServiceFiles: Rule = (config, own) =>
  nodesOf(config).flatMap((item): readonly Finding[] => {
    if (item.list === "directories") return [];
    const message = mistakeIn(item, own);
    return message === undefined ? [] : [{ path: item.at, message }];
  });

const k3sConfig = "/etc/rancher/k3s/config.yaml";
const connections = "/etc/NetworkManager/system-connections";
const connectionFolders = /^\/(?:etc|run)\/NetworkManager\/system-connections$/;
const rulesOfFiles = /^\/(?:etc|run|var\/usrlocal\/lib)\/tmpfiles\.d$/;

function mistakeIn(item: NodeItem, own: OwnSystem): string | undefined {
  const { real } = item;
  const folder = real.slice(0, real.lastIndexOf("/"));
  const skipped = real.endsWith(".skip")
    ? [...own.paths.keys()].find((path) => `${realPath(path)}.skip` === real)
    : undefined;
  if (skipped !== undefined) return `with this, K3s skips ${skipped} of Flotilla. Delete it.`;
  if (folder === `${k3sConfig}.d`) {
    return mistakeInText(item, (text) => mistakeInK3s(text, own));
  }
  if (connectionFolders.test(folder))
    return mistakeInText(item, (text) => mistakeInConnection(text, own));
  if (
    /^\/(?:etc|run)\/NetworkManager\/conf\.d$/.test(folder) ||
    real === "/etc/NetworkManager/NetworkManager.conf"
  ) {
    return mistakeInText(item, (text) => mistakeInManaged(text, own));
  }
  if (rulesOfFiles.test(folder))
    return mistakeInText(item, (text) => mistakeInFileRules(text, own));
  return mistakeInManifest(item, own);
}

function mistakeInK3s(text: string, own: OwnSystem): string | undefined {
  const values = yamlValues(text);
  if (values === "large") return tooLarge;
  const [settings = {}] = values === "invalid" ? ["invalid"] : values;
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    // An empty document sets nothing.
    return settings === null ? undefined : notSettings;
  }
  const [ours = {}] = yamlValues(ownText(own, k3sConfig));
  const key = Object.keys(settings).find((each) => Object.hasOwn(Object(ours), each));
  if (key !== undefined) {
    return `${key} is set by Flotilla's part "${own.paths.get(k3sConfig) ?? ""}", and K3s takes this value instead. Delete ${key}, or write ${key}+ where it is a list.`;
  }
  for (const name of ["disable", "disable+"]) {
    const disabled = disabledManifest((settings as Values)[name], own);
    if (disabled === undefined) continue;
    return `${name} deletes what K3s made of Flotilla's manifest ${disabled}. Delete ${disabled} from the list.`;
  }
  return undefined;
}

const notSettings = "expected a YAML mapping. K3s does not start with anything else in this file.";

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
  for (const { section, key, value } of settingsOf(text)) {
    if (section === "keyfile" && key === "path") {
      return `path=${value} keeps NetworkManager from ${connections}, where Flotilla's tunnel is. Delete it.`;
    }
  }
  const unmanaged = unmanagedDevices(text);
  if (unmanaged !== undefined && deviceMatches(unmanaged, name)) {
    return `managed=0 keeps NetworkManager from ${name}, Flotilla's tunnel. Write match-device with other interfaces.`;
  }
  for (const [line, list = ""] of text.matchAll(/^[ \t]*unmanaged-devices[ \t]*\+?=(.*)$/gm)) {
    const parts = list.split(/[,;]/).map((part) => part.trim());
    if (parts.some((part) => part.startsWith("except:"))) {
      return `${line.trim()} makes NetworkManager ignore every other interface, including ${name} of Flotilla's tunnel. Name the interfaces that you mean.`;
    }
    if (deviceMatches(list, name)) {
      return `${line.trim()} keeps NetworkManager from ${name}, Flotilla's tunnel. Name other interfaces.`;
    }
  }
  return undefined;
}

function deviceMatches(list: string, name: string): boolean {
  return list.split(/[,;]/).some((written) => {
    const part = written.trim().replace(/^interface-name:=?/, "");
    return part === "type:wireguard" || matchesGlob(part, name);
  });
}

/** The devices of the first section with `managed=0`; all if it names none. */
function unmanagedDevices(text: string): string | undefined {
  const settings = settingsOf(text).filter(({ section }) => section.startsWith("device"));
  const off = settings.find(
    ({ key, value }) => key === "managed" && /^(?:0|false|no)$/i.test(value),
  );
  if (off === undefined) return undefined;
  const only = settings.find(
    ({ section, key }) => section === off.section && key === "match-device",
  );
  return only?.value ?? "*";
}

/** A rule at a path of Flotilla, or one that deletes or replaces what is above it. */
function mistakeInFileRules(text: string, own: OwnSystem): string | undefined {
  for (const line of text.split("\n")) {
    const [kind = "", written = "", , , , age = "-"] = line.trim().split(/\s+/);
    if (kind.startsWith("#") || !written.startsWith("/")) continue;
    const real = realPath(written.replaceAll(/^"|"$/g, ""));
    // With an age, what is older in the folder is deleted; Z, T and A change everything below.
    const cleans = /^[dDevqQC]/.test(kind) && age !== "-";
    const deletes = cleans || /^[rRDLCZTAH]/.test(kind) || /[+=]/.test(kind);
    const ours = [...own.paths.keys()].find((path) => {
      const place = realPath(path);
      return matchesGlob(real, place) || (deletes && isBelow(place, real));
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
