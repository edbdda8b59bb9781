/** Ignition's rules for systemd units. */
import { type Check, isFilled, objectsOf } from "./checks.ts";
import { extensionOf, goQuoted } from "./go.ts";
import { parseUnitFile } from "./unit-file.ts";

/** Those that Ignition knows. */
export const unitExtensions: ReadonlySet<string> = new Set(
  ".service .socket .device .mount .automount .swap .target .path .timer .snapshot .slice .scope".split(
    " ",
  ),
);

export const checkUnit: Check = ({ name, contents, enabled }, find) => {
  if (!unitExtensions.has(extensionOf(String(name)))) {
    find(["name"], "invalid systemd unit extension");
  }
  if (!isFilled(contents)) return;
  const file = parseUnitFile(contents);
  if (typeof file === "string") find(["contents"], file);
  else if (enabled === true && !file.sections.has("Install")) {
    const unit = `unit ${goQuoted(String(name))} is enabled`;
    const message = `${unit}, but has no install section so enable does nothing`;
    find(["contents"], message, "warning");
  }
};

export const checkDropin: Check = ({ name, contents }, find) => {
  const file = isFilled(contents) ? parseUnitFile(contents) : undefined;
  if (typeof file === "string") find(["contents"], file);
  if (extensionOf(String(name)) !== ".conf") find(["name"], "invalid systemd drop-in extension");
};

const instancePattern = /^(.+?)@(.+?)\.service$/;

/** Enabling `a@b.service` has no effect if `a@.service` has no install section. */
export const checkSystemd: Check = (systemd, find) => {
  const units = objectsOf(systemd, "units");
  units.forEach(({ name, enabled }, index) => {
    const stem = enabled === true ? instancePattern.exec(String(name))?.[1] : undefined;
    if (stem === undefined) return;
    const template = units.findLast((unit) => unit["name"] === `${stem}@.service`);
    const contents = template?.["contents"];
    const file = isFilled(contents) ? parseUnitFile(contents) : undefined;
    if (typeof file !== "object" || file.sections.has("Install")) return;
    const names = `${goQuoted(`${stem}@.service`)} for ${goQuoted(String(name))}`;
    const message = `template unit ${names} doesn't have Install section`;
    find(["units", index, "contents"], message, "warning");
  });
};
