/** The fleet in operation as a table: as wide as it likes, or fitted into a terminal. */
import { escapeToOneLine } from "../../terminal/control-characters.ts";
import type { Screen } from "../../terminal/screen.ts";
import { count } from "../../terminal/session.ts";
import { toned, type Tone } from "../../terminal/tones.ts";
import {
  isAway,
  type DeviceStatus,
  type FleetSummary,
  type WorkloadStatus,
} from "./fleet-status.ts";
import type { HubKeys } from "./hub-keys.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

interface Cell {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

interface Column {
  readonly head: string;
  readonly cell: (device: DeviceStatus) => Cell;
}

const plain = (text: string): Cell => ({ text });

/** What a table is made of. */
interface Shown {
  readonly devices: readonly DeviceStatus[];
  readonly summary: FleetSummary;
  readonly undeclared: readonly string[];
  readonly hubKeys?: HubKeys;
}

export function formatStatus(
  { devices, summary, undeclared, hubKeys }: Shown,
  screen: Screen,
): string {
  const lines = devices.length === 0 ? [] : [...table(devices, screen), ""];
  const more = hubKeys === undefined ? [] : hubKeysLines(hubKeys);
  return [...lines, ...summaryLines(summary, undeclared), ...more, ""].join("\n");
}

/** The first layout that fits; the last one is cut at the edge. */
function table(devices: readonly DeviceStatus[], { columns: width, colours }: Screen): string[] {
  const tables = layouts(devices).map(({ columns, gap, cut }) => ({
    rows: grid(columns, devices, gap),
    cut: cut ?? false,
  }));
  const fits = ({ rows, cut }: (typeof tables)[number]) =>
    width === undefined || Math.max(...rows.map((row) => neededColumns(row, cut))) <= width;
  const { rows } = tables.find(fits) ?? tables.at(-1) ?? { rows: [] };
  return rows.map((row) => line(row, width, colours));
}

interface Layout {
  readonly columns: readonly Column[];
  /** Between two columns. */
  readonly gap: number;
  /** Whether the last column may be cut. @default false */
  readonly cut?: boolean;
}

/** From all columns to the most important ones. */
function layouts(devices: readonly DeviceStatus[]): readonly Layout[] {
  const names = [
    ...new Set(devices.flatMap(({ workloads }) => workloads.map((each) => each.name))),
  ];
  const workloads = names.toSorted().map(workloadColumn);
  const start = [name, site, ring, seen, registered];
  const full = [...start, ...workloads, kubernetes, k3s, coreos, waits];
  return [
    { columns: full, gap: 3 },
    { columns: full, gap: 2 },
    { columns: [...start, ...workloads, systemAge, waits], gap: 2 },
    { columns: [...start, systemAge, allWorkloads], gap: 2, cut: true },
    {
      columns: [name, shortSite, ring, seen, registered, systemAge, allWorkloads],
      gap: 2,
      cut: true,
    },
    { columns: [name, shortSite, ring, seen, systemAge, allUnregistered], gap: 2, cut: true },
    { columns: [name, ring, seen, systemAge, allUnregistered], gap: 2, cut: true },
  ];
}

/** Less of a column that may be cut says too little. */
const cutColumnsMin = 28;

function neededColumns(row: readonly Cell[], cut: boolean): number {
  const lengths = row.map(({ text }) => text.length);
  const last = lengths.at(-1) ?? 0;
  const others = lengths.slice(0, -1).reduce((sum, each) => sum + each, 0);
  return others + (cut ? Math.min(last, cutColumnsMin) : last);
}

const name: Column = { head: "device", cell: ({ device }) => plain(device) };
const site: Column = { head: "site", cell: (device) => plain(device.site) };
const shortSite: Column = {
  head: "site",
  cell: (device) => plain(shortened(device.site, siteColumnsMin)),
};
const ring: Column = { head: "ring", cell: (device) => plain(device.ring) };
const seen: Column = { head: "seen", cell: seenCell };
const registered: Column = { head: "registered", cell: registeredCell };
const kubernetes: Column = {
  head: "kubernetes",
  cell: (device) => plain(device.kubernetes ?? ""),
};
const k3s: Column = { head: "k3s", cell: (device) => plain(device.k3s ?? "") };
const coreos: Column = { head: "coreos", cell: coreosCell };
/** For a narrow terminal: the age of outdated releases. An empty column is not shown. */
const systemAge: Column = {
  head: "coreos",
  cell: ({ coreosDays, outdated }) =>
    outdated === true ? { text: `${coreosDays} d old`, tone: "bad" } : plain(""),
};
const waits: Column = {
  head: "waits",
  cell: (device) => ({ text: waitingText(device), tone: "warning" }),
};
const allWorkloads: Column = { head: "workloads", cell: allWorkloadsCell };
const allUnregistered: Column = {
  head: "workloads",
  cell(device) {
    const isKnown = device.registered === "yes" || device.registered === "unknown";
    const { text, tone } = allWorkloadsCell(device);
    return isKnown ? { text, tone } : { text: `unregistered; ${text}`, tone: "warning" };
  },
};

function waitingText({ waiting }: DeviceStatus): string {
  return waiting
    .map(({ workload, from, to }) => `${workload} ${from && from !== to ? `${from}→` : ""}${to}`)
    .join(", ");
}

/** What differs from the wanted state, or what waits. */
function allWorkloadsCell(device: DeviceStatus): Cell {
  if (device.waiting.length > 0) return { text: `waits: ${waitingText(device)}`, tone: "warning" };
  const odd = device.workloads
    .map((workload) => ({ workload: workload.name, ...workloadCell(device, workload) }))
    .filter(({ text }) => !/^\(?ok\)?$/.test(text));
  const [first] = odd;
  if (first === undefined) return { text: isAway(device) ? "(ok)" : "ok", tone: "faint" };
  const tone = odd.some((each) => each.tone === "bad") ? "bad" : first.tone;
  return { text: odd.map(({ workload, text }) => `${workload} ${text}`).join(", "), tone };
}

const siteColumnsMin = 12;

function workloadColumn(workload: string): Column {
  return {
    head: workload,
    cell(device) {
      const status = device.workloads.find((each) => each.name === workload);
      return status === undefined ? { text: "–", tone: "faint" } : workloadCell(device, status);
    },
  };
}

/** In Argo CD's words; in brackets if they are old, because the device is silent. */
function workloadCell(device: DeviceStatus, { sync, health, failed }: WorkloadStatus): Cell {
  if (sync === null || health === null) return { text: "?", tone: "warning" };
  const words = [
    ...(sync === "Synced" ? [] : [sync]),
    ...(health === "Healthy" ? [] : [health]),
    ...(failed && !isAway(device) ? ["failed"] : []),
  ];
  const text = words.length === 0 ? "ok" : [...new Set(words)].join(" ");
  if (isAway(device)) return { text: `(${text})`, tone: "faint" };
  if (words.length === 0) return { text, tone: "good" };
  return { text, tone: health === "Degraded" || failed ? "bad" : "warning" };
}

function seenCell({ presence, ageSeconds, hubKeys }: DeviceStatus): Cell {
  switch (presence) {
    case "present":
      return { text: formatAge(ageSeconds ?? 0), tone: "good" };
    case "away":
      return { text: ageSeconds === null ? "away" : `away ${formatAge(ageSeconds)}`, tone: "bad" };
    case "never":
      return { text: hubKeys === "old" ? "never, old keys?" : "never", tone: "bad" };
    case "direct":
      return { text: "direct", tone: "faint" };
    case "unknown":
      return { text: "?", tone: "warning" };
  }
}

/** A device that does not update itself says how old its release is. */
function coreosCell({ coreos: release, coreosDays, outdated }: DeviceStatus): Cell {
  if (outdated !== true) return plain(release ?? "");
  const age = `${coreosDays} days old`;
  return { text: release === null ? age : `${release} (${age})`, tone: "bad" };
}

function registeredCell({ registered: state }: DeviceStatus): Cell {
  switch (state) {
    case "yes":
      return { text: "yes" };
    case "waiting":
      return { text: "not yet", tone: "warning" };
    case "no":
      return { text: "no", tone: "bad" };
    case "unknown":
      return { text: "?", tone: "warning" };
  }
}

/** `12 s`, `3 min`, `5 h`, `12 d`: two figures are enough. */
function formatAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function summaryLines(summary: FleetSummary, undeclared: readonly string[]): string[] {
  const { devices, present, away, direct, unknown, unregistered, degraded, waiting } = summary;
  const { outdated = 0 } = summary;
  const parts: [number: number, text: string, always?: boolean][] = [
    [present, "present", true],
    [away, "away", true],
    [direct, "direct"],
    [unknown, "unknown"],
    [unregistered, "unregistered", true],
    [degraded, "degraded", true],
    [waiting, "waiting", true],
    [outdated, "with an outdated system"],
  ];
  const text = parts
    .filter(([number, , always]) => always === true || number > 0)
    .map(([number, what]) => `${number} ${what}`);
  const some = undeclared.slice(0, 5).join(", ");
  const more = undeclared.length > 5 ? `, … ${undeclared.length - 5} more` : "";
  return [
    `${count(devices, "device")}: ${text.join(", ")}`,
    ...(undeclared.length > 0 ? [`On the hub, but not in the fleet file: ${some}${more}`] : []),
  ];
}

/** Which devices dropped the keys of an older hub. */
function hubKeysLines({ generation, gatewaysBehind, devices }: HubKeys): string[] {
  const some = (names: readonly string[]) => {
    const more = names.length > 5 ? `, … ${names.length - 5} more` : "";
    return `${names.slice(0, 5).join(", ")}${more}`;
  };
  if (gatewaysBehind.length > 0) {
    return [
      `Hub keys: ${some(gatewaysBehind)} does not run with generation ${generation} yet. ` +
        `Run ${flotillaCommand("bootstrap")}, then ${flotillaCommand("publish")}`,
    ];
  }
  const { old, direct, unknown } = devices;
  return [
    `Hub keys of generation ${generation}: ${count(devices.new.length, "device")} dropped older ones`,
    ...(old.length > 0
      ? [`Not seen since the gateway started, may still trust older keys: ${some(old)}`]
      : []),
    ...(direct.length > 0
      ? [
          `Without a tunnel, drop older keys after Argo CD has reached them; nothing reports it: ${some(direct)}`,
        ]
      : []),
    ...(unknown.length > 0 ? [`Not known: ${some(unknown)}`] : []),
  ];
}

/**
 * Rows of padded cells; columns that nobody fills are omitted. Versions come from devices, which may send
 * a line that looks like another device's.
 */
function grid(columns: readonly Column[], devices: readonly DeviceStatus[], gap: number): Cell[][] {
  const filled = columns
    .map(({ head, cell }) => [plain(head), ...devices.map(cell)])
    .map((cells) => cells.map((each) => ({ ...each, text: escapeToOneLine(each.text) })))
    .filter(([, ...cells]) => cells.some(({ text }) => text !== ""));
  const widths = filled.map((cells) => Math.max(...cells.map(({ text }) => text.length)) + gap);
  return [undefined, ...devices].map((_, row) =>
    filled.map((cells, column) => {
      const { text, tone } = cells[row] ?? plain("");
      const isLast = column === filled.length - 1;
      return { text: isLast ? text : text.padEnd(widths[column] ?? 0), tone };
    }),
  );
}

function line(row: readonly Cell[], width: number | undefined, colours: boolean): string {
  let left = width ?? Number.MAX_SAFE_INTEGER;
  let text = "";
  for (const cell of row) {
    const fitting = shortened(cell.text, left);
    left -= fitting.length;
    const shown = fitting.trimEnd();
    text += toned(shown, cell.tone, colours) + " ".repeat(fitting.length - shown.length);
  }
  return text.trimEnd();
}

function shortened(text: string, width: number): string {
  if (text.length <= width || text.trimEnd().length <= width) return text.slice(0, width);
  return width > 0 ? `${text.slice(0, width - 1)}…` : "";
}
