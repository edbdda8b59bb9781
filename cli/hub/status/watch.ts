/** Shows the status of a fleet, once or again and again. */
import { setTimeout as wait } from "node:timers/promises";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { Device } from "../../../fleet/model/device.ts";
import type { LoadedFleet } from "../../../fleet/resolve/load.ts";
import { staleMedia, staleText } from "../../project/site-record.ts";
import {
  loadProject,
  loadWithoutKey,
  type LoadedProject,
  type Project,
} from "../../project/project.ts";
import { escapeExceptColours } from "../../terminal/control-characters.ts";
import { screenOf } from "../../terminal/screen.ts";
import { print, type Session, printReport } from "../../terminal/session.ts";
import { hubOptions } from "../bootstrap/hub-owner.ts";
import { openHub, type HubOptions } from "../kubectl/kubectl.ts";
import { followFleet } from "./followed-fleet.ts";
import { askNodes } from "./node-versions.ts";
import { statusFilter, type StatusFilter } from "./status-filter.ts";
import { formatReport, readStatus, type StatusReport } from "./status.ts";

export interface StatusOptions extends HubOptions, StatusFilter {
  /** Path of the fleet file. */
  readonly fleet: string;
  readonly json?: boolean;
  /** Ask each device that is present for its versions; needs the root key. */
  readonly versions?: boolean;
  readonly watch?: boolean;
  /** Seconds from one look to the next, with `watch`. */
  readonly interval: number;
}

/**
 * Reads the status once and prints it, or again and again with `watch`.
 *
 * @returns the status, or undefined with `watch`
 */
export async function showStatus(
  options: StatusOptions,
  session: Session,
): Promise<StatusReport | undefined> {
  const project = options.versions ? await loadProject(options.fleet, session) : undefined;
  const filtered = (loaded: LoadedFleet) => ({
    loaded,
    shows: statusFilter(loaded.fleet, options.fleet, options),
  });
  const loaded = project ?? (await loadWithoutKey(options.fleet));
  const first = filtered(loaded);
  const hub = await openHub(hubOptions(loaded.fleet, options), session);
  const now = () => new Date();
  const ask =
    project && ((devices: readonly Device[]) => askNodes(project, devices, options, session));
  const reportProblems = problemReporter(session);
  if (options.watch) {
    const follow = followFleet(options.fleet, first, async () =>
      filtered(await loadWithoutKey(options.fleet)),
    );
    const read = async () => {
      const { state, problem } = await follow();
      const report = await readStatus(state.loaded, hub, { shows: state.shows, now });
      return problem === undefined
        ? report
        : { ...report, problems: [...report.problems, problem] };
    };
    await watch(read, statusPrinter(options, session), options.interval);
    return undefined;
  }
  const report = await readStatus(loaded, hub, { shows: first.shows, now, ...(ask && { ask }) });
  reportProblems(report);
  await reportStaleMedia(project ?? loaded, session);
  printReport(session, options, report, () => formatReport(report, screenOf(session)));
  return report;
}

/** An image of a site that is older than the fleet file would install devices that are refused. */
async function reportStaleMedia(
  loaded: Project | LoadedProject,
  { progress }: Session,
): Promise<void> {
  const known =
    "imageDigestsOf" in loaded
      ? loaded
      : {
          fleet: loaded.fleet,
          outputFolder: loaded.files.outputFolder,
          imageDigestsOf: async () => undefined,
        };
  for (const medium of await staleMedia(known)) progress(staleText(medium));
}

/** Prints each problem once, however often it occurs. */
function problemReporter(session: Session): (report: StatusReport) => void {
  const reported = new Set<string>();
  return ({ problems }) => {
    for (const problem of problems) {
      if (!reported.has(problem)) session.progress(`? ${problem}`);
      reported.add(problem);
    }
  };
}

/** Prints one status after another: in place on a terminal, one below the other elsewhere. */
function statusPrinter(
  options: StatusOptions,
  session: Session,
): (report: StatusReport | OperationError) => void {
  const { json, interval } = options;
  const reportProblems = problemReporter(session);
  const { stream } = session;
  const isTerminal = stream?.isTTY === true;
  let last = "";
  return (report) => {
    const failure = report instanceof OperationError ? report : undefined;
    if (json || (failure && !isTerminal)) {
      if (failure) session.progress(`flotilla: ${failure.message}`);
      else print(session, `${JSON.stringify(report)}\n`);
      return;
    }
    // The size of the window may have changed.
    if (!(report instanceof OperationError)) {
      last = formatReport(report, screenOf(session));
    }
    const time = `${new Date().toTimeString().slice(0, 8)}, every ${interval} s`;
    const errorText = failure ? `${failure.message}\n` : "";
    if (isTerminal) {
      const problems = report instanceof OperationError ? [] : report.problems;
      const notes = problems.map((problem) => `? ${problem}\n`).join("");
      const { rows = 24, columns = 80 } = stream;
      session.out(
        frame(escapeExceptColours(`${time}\n\n${last}${notes}${errorText}`), rows, columns),
      );
    } else {
      if (!(report instanceof OperationError)) reportProblems(report);
      print(session, `${new Date().toISOString()}\n${last}\n`);
    }
  };
}

/**
 * Reads and draws until `signal` aborts. Errors after the first read are drawn and do not end it,
 * because the hub may come back.
 */
export async function watch(
  read: () => Promise<StatusReport>,
  draw: (report: StatusReport | OperationError) => void,
  intervalSeconds: number,
  signal?: AbortSignal,
): Promise<void> {
  draw(await read());
  for (;;) {
    try {
      await wait(intervalSeconds * 1000, undefined, { ...(signal && { signal }) });
    } catch {
      return;
    }
    try {
      draw(await read());
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      draw(error);
    }
  }
}

/**
 * The text that replaces the previous frame: it starts at the first line of the terminal, clears each
 * line to its end, and has no more lines than the terminal. A wrapped line would move the first one
 * out of sight; the lines of the table, which may have colours, fit already.
 */
export function frame(text: string, rows: number, columns: number): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => (line.includes("\u001b") ? line : line.slice(0, columns)));
  const fitting =
    lines.length < rows
      ? lines
      : // The summary at the end is the most important part.
        [
          ...lines.slice(0, rows - 4),
          `… ${lines.length - rows + 2} more lines`,
          ...lines.slice(-2),
        ];
  const home = "\u001b[H";
  const clearToEnd = "\u001b[K";
  const clearBelow = "\u001b[J";
  return `${home}${fitting.map((line) => `${line}${clearToEnd}\n`).join("")}${clearBelow}`;
}
