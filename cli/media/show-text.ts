/** A device as text: aligned, at most 100 columns, no colours. */
import { minutesOf, minutesOfDay, timeOf } from "../../fleet/rules/calendar.ts";
import { formatBytes } from "../terminal/progress.ts";
import { count } from "../terminal/session.ts";
import { formatEndpoint } from "../../fleet/rules/gateways.ts";
import { machineFacts, words, type Fact } from "./machine-text.ts";
import type { ShownDevice } from "./show.ts";
import type { ShownFile, ShownUnit } from "./show-ignition.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

const columnsMax = 100;

export function formatShown(device: ShownDevice): string {
  const { files, units } = device;
  return [
    `${device.name} of fleet ${device.fleet}\n`,
    ...facts(device).flatMap(([label, text]) => factLines(label, text)),
    `\n${count(files.length, "file")}`,
    ...table(
      ["mode", "size", "from", "path"],
      files.map((file) => [file.mode ?? "", sizeOf(file), file.origin, file.path + arrow(file)]),
    ),
    `\n${count(units.length, "unit")}`,
    ...table(
      ["state", "from", "unit"],
      units.map((unit) => [stateOf(unit), unit.origin, unit.name + dropins(unit)]),
    ),
    `\nContents with secrets masked: ${flotillaCommand("show")} ${device.name} --file <path or unit>\n`,
  ].join("\n");
}

function facts(device: ShownDevice): readonly Fact[] {
  const { site, versions, budget, image, folder, storage, labels, description } = device;
  const row = (label: string, texts: readonly string[]): Fact[] =>
    texts.length > 0 ? [[label, texts.join("; ")]] : [];
  const labelsText = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const largest = budget.largest.map(({ path, bytes }) => `${path} (${formatBytes(bytes)})`);
  const percent = Math.ceil((budget.usedBytes / budget.areaBytes) * 100);
  const left =
    budget.leftBytes < 0
      ? `${formatBytes(-budget.leftBytes)} TOO LARGE`
      : `${formatBytes(budget.leftBytes)} left`;
  return [
    ["generation", String(device.generation)],
    ...row("description", description === null ? [] : [description.replaceAll(/\s+/g, " ").trim()]),
    ...row("match", matchOf(device)),
    ["site", site.description ? `${site.name}: ${site.description}` : site.name],
    ...row("hub", device.hub === undefined ? [] : [device.hub]),
    ["ring", device.ring],
    ["labels", labelsText.join(", ") || "none"],
    ["profile", [device.profile, device.architecture, device.board].filter(Boolean).join(", ")],
    ["disk", `${device.disk}: everything on it is ERASED by the installation${exceptKept(device)}`],
    ["encryption", device.encryption ?? "none"],
    ...storage.map((text): Fact => ["storage", text]),
    ["address", addressOf(device)],
    ...machineFacts(device.machine),
    ...row("site mirror", words(site.mirror ?? {})),
    ["server name", device.serverName],
    ["Fedora CoreOS", `${versions.coreos} (${versions.stream})`],
    ["K3s", k3sOf(versions, device.ring)],
    ["time zone", device.timeZone],
    ["updates", updatesOf(device)],
    ["kernel", device.kernelArguments.join(" ") || "none"],
    ["users", usersOf(device)],
    ...row("butane", device.butane),
    ...row("own parts", words(device.parts)),
    [
      "embed area",
      `${formatBytes(budget.usedBytes)} of ${formatBytes(budget.areaBytes)} used ` +
        `(${percent} %), ${left}`,
    ],
    ["largest", largest.join(", ") || "none"],
    ["image", image.exists ? image.path : `${image.path} (does not exist yet)`],
    ["files in", `${folder}/ (written by synth)`],
  ];
}

function matchOf({ match }: ShownDevice): readonly string[] {
  const { macs, ...others } = match ?? {};
  return words({ ...others, mac: macs });
}

function exceptKept({ machine: { data } }: ShownDevice): string {
  return data?.disk === null && data.keep ? `, except ${data.path}` : "";
}

function k3sOf({ k3s, k3sOfImage }: ShownDevice["versions"], ring: string): string {
  return k3s === k3sOfImage
    ? k3s
    : `${k3s} by its ring ${ring}; the image installs ${k3sOfImage}, and the device upgrades`;
}

function addressOf({ address, site, tunnel, otherEndpoints = [] }: ShownDevice): string {
  const network = site.network ? `; the site's network is ${site.network}` : "";
  if (tunnel === null) return `${address}, reached directly${network}`;
  const endpoints = [formatEndpoint(tunnel), ...otherEndpoints].join(" or ");
  return `${address} in the tunnel to ${endpoints}${network}`;
}

function updatesOf({ maintenance }: ShownDevice): string {
  const { also = [], workloads, ...first } = maintenance;
  const windows = [first, ...also].map(({ days, start, lengthMinutes }) => {
    const end = (minutesOf(start) + lengthMinutes) % minutesOfDay;
    return `${days.join(", ")} from ${start} to ${timeOf(end)}`;
  });
  return `${windows.join("; ")}, the site's time${workloads ? "; workloads change inside them only" : ""}`;
}

function usersOf({ users }: ShownDevice): string {
  if (users.length === 0) return "no user can log in";
  return users.map(({ name, sshKeys }) => `${name} (${count(sshKeys, "SSH key")})`).join(", ");
}

function sizeOf({ kind, sizeBytes }: ShownFile): string {
  if (kind !== "file") return kind;
  return sizeBytes === null ? "fetched" : formatBytes(sizeBytes);
}

function arrow({ kind, from }: ShownFile): string {
  return kind === "link" ? ` -> ${from ?? ""}` : "";
}

function stateOf({ enabled }: ShownUnit): string {
  if (enabled === null) return "as is";
  return enabled ? "enabled" : "disabled";
}

function dropins(unit: ShownUnit): string {
  return unit.dropins.length > 0 ? ` (with ${unit.dropins.join(", ")})` : "";
}

const labelColumns = 16;

/** A label and its text, wrapped at spaces. */
function factLines(label: string, text: string): string[] {
  const width = columnsMax - labelColumns;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines.map((line, index) => {
    return `  ${(index === 0 ? label : "").padEnd(labelColumns - 2)}${shortened(line, width)}`;
  });
}

/** Rows in columns; the last column takes the rest of the line. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) =>
    shortened(
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ")}`.trimEnd(),
      columnsMax,
    ),
  );
}

function shortened(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
