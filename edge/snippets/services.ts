/** Files that programs read beside those of Flotilla: K3s, NetworkManager and systemd-tmpfiles. */
import { objectOf } from "../butane/checks.ts";
import { isBelow, realPath } from "./fedora-coreos.ts";
import { matchesGlob } from "./glob.ts";
import { reservedSetting } from "./k3s-settings.ts";
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
    return modeMistake(item) ?? mistakeInText(item, (text) => mistakeInConnection(text, own));
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
  return reservedSetting(settings as Values);
}

const notSettings = "expected a YAML mapping. K3s does not start with anything else in this file.";

/** A connection of Flotilla: the tunnel, or an interface of the fleet file. */
interface OwnConnection {
  /** As people call it: `wg-hub of Flotilla's part "hub-tunnel"`. */
  readonly title: string;
  readonly type: string;
  /** @default it is found by its address */
  readonly interfaceName?: string;
  readonly macAddress?: string;
}

function ownConnections(own: OwnSystem): readonly OwnConnection[] {
  return [...own.paths]
    .filter(([path]) => isBelow(path, connections))
    .map(([path, part]) => {
      const settings = settingsOf(ownText(own, path));
      const valueOf = (wanted: string) => settings.find(({ key }) => key === wanted)?.value;
      const interfaceName = valueOf("interface-name");
      const macAddress = valueOf("mac-address");
      return {
        title: `${interfaceName ?? valueOf("id") ?? ""} of Flotilla's part "${part}"`,
        type: valueOf("type") ?? "",
        ...(interfaceName !== undefined && { interfaceName }),
        ...(macAddress !== undefined && { macAddress }),
      };
    });
}

/** NetworkManager ignores a keyfile that others can read ("insecure permissions"). */
function modeMistake({ list, node }: NodeItem): string | undefined {
  if (list !== "files") return undefined;
  const { mode } = node;
  return typeof mode === "number" && (mode & 0o077) === 0
    ? undefined
    : "NetworkManager ignores a connection that others than root can read. Write mode: 0600.";
}

function mistakeInConnection(text: string, own: OwnSystem): string | undefined {
  const names = settingsOf(text)
    .filter(({ key }) => key === "interface-name")
    .map(({ value }) => value);
  const ours = ownConnections(own).find(
    ({ interfaceName = "" }) => interfaceName !== "" && names.includes(interfaceName),
  );
  return ours && `${ours.title} has this interface. Write another interface-name.`;
}

function mistakeInManaged(text: string, own: OwnSystem): string | undefined {
  const ours = ownConnections(own);
  const [first] = ours;
  if (first === undefined) return undefined;
  const settings = settingsOf(text);
  for (const { section, key, value } of settings) {
    if (section === "keyfile" && key === "path") {
      return `path=${value} keeps NetworkManager from ${connections}, where ${first.title} is. Delete it.`;
    }
  }
  for (const list of unmanagedDevices(settings)) {
    const found = ours.find((each) => deviceMatches(list, each));
    if (found === undefined) continue;
    return `managed=0 keeps NetworkManager from ${found.title}. Write match-device with other interfaces.`;
  }
  for (const [line, list = ""] of text.matchAll(/^[ \t]*unmanaged-devices[ \t]*\+?=(.*)$/gm)) {
    const parts = list.split(/[,;]/).map((part) => part.trim());
    if (parts.some((part) => part.startsWith("except:"))) {
      return `${line.trim()} makes NetworkManager ignore every other interface, including ${first.title}. Name the interfaces that you mean.`;
    }
    const found = ours.find((each) => deviceMatches(list, each));
    if (found !== undefined) {
      return `${line.trim()} keeps NetworkManager from ${found.title}. Name other interfaces.`;
    }
  }
  return undefined;
}

/** NetworkManager.conf(5), "Device List Format". A bare word is a name or an address. */
function deviceMatches(list: string, { type, interfaceName, macAddress }: OwnConnection): boolean {
  return list.split(/[,;]/).some((written) => {
    const part = written.trim();
    const [, kind = "", value = part] = /^(type|mac|interface-name):=?(.*)$/.exec(part) ?? [];
    if (kind === "type") return value === type;
    const isAddress = value.toLowerCase() === macAddress?.toLowerCase();
    if (kind === "mac" || (kind === "" && isAddress)) return isAddress;
    // An interface that is found by its address may have any name.
    return interfaceName === undefined ? value === "*" : matchesGlob(value, interfaceName);
  });
}

/** The devices of each section with `managed=0`; all of them if it names none. */
function unmanagedDevices(settings: ReturnType<typeof settingsOf>): readonly string[] {
  return settings
    .filter(
      ({ section, key, value }) =>
        section.startsWith("device") && key === "managed" && /^(?:0|false|no)$/i.test(value),
    )
    .map((off) => {
      const only = settings.find(
        ({ section, key }) => section === off.section && key === "match-device",
      );
      return only?.value ?? "*";
    });
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
