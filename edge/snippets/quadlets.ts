/**
 * Podman makes a unit of each quadlet in a folder that systemd reads before the units of the system, so a
 * quadlet with such a name replaces one.
 */
import { neededUnits } from "../../fleet/model/needed-units.ts";
import { type Finding, type NodeItem, nodesOf, type OwnSystem, type Rule } from "./own-system.ts";
import { settingsOf } from "./unit-text.ts";
import { mistakeInText } from "./units.ts";

/** Those of users, below `users`, become units of a user's systemd. */
const folders =
  /^\/(?:etc|run)\/containers\/systemd\/(?!users\/)(?:.*\/)?([^/]+)\.(artifact|build|container|image|kube|network|pod|volume)(?:\.d\/[^/]+\.conf)?$/;

export const checkQuadletFiles: Rule = (config, own) =>
  nodesOf(config).flatMap((item): readonly Finding[] => {
    const [, name, kind] = folders.exec(item.real) ?? [];
    if (item.list === "directories" || name === undefined || kind === undefined) return [];
    const unit = `${name}${["container", "kube"].includes(kind) ? "" : `-${kind}`}.service`;
    const message = mistakeInQuadlet(item, unit, own);
    return message === undefined ? [] : [{ path: item.at, message }];
  });

function mistakeInQuadlet(item: NodeItem, unit: string, own: OwnSystem): string | undefined {
  const isTaken = (name: string) => own.units.has(name) || neededUnits.has(name);
  const replaced = (name: string) =>
    `Podman makes ${name} of this, which a device of Flotilla needs. Write another name.`;
  if (isTaken(unit)) return replaced(unit);
  return mistakeInText(item, (text) => {
    for (const { section, key, value } of settingsOf(text)) {
      if (key === "ServiceName" && isTaken(`${value}.service`)) return replaced(`${value}.service`);
      if (section !== "Install" || key !== "Alias") continue;
      const alias = value.split(/\s+/).find(isTaken);
      if (alias !== undefined) return replaced(alias);
    }
    return undefined;
  });
}
