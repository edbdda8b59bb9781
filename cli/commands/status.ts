/** `flotilla status`: the fleet in operation. */
import { Command, InvalidArgumentError } from "commander";
import type { Device } from "../../fleet/model/fleet.ts";
import { OperationError, ToolExit } from "../../fleet/files/failures.ts";
import type { HubOptions } from "../hub/kubectl/kubectl.ts";
import type { StatusFilter } from "../hub/status/status-filter.ts";
import type { StatusReport } from "../hub/status/status.ts";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

interface StatusOptions extends GlobalOptions, HubOptions, Omit<StatusFilter, "words"> {
  readonly versions?: boolean;
  readonly watch?: boolean;
  readonly interval: number;
  readonly exitCode?: boolean;
}

export function statusCommand(session: Session): Command {
  return new Command("status")
    .summary("show the fleet in operation: who is there, what runs")
    .description(
      "Asks the hub, through your own kubectl, and shows for each device: how long ago it shook\n" +
        "hands with the gateway (more than 3 minutes: it is away), whether Argo CD has reached it\n" +
        "(registered), each workload in Argo CD's words (ok: Synced and Healthy), the version of\n" +
        "Kubernetes, and what waits for it. Argo CD goes on saying Synced and Healthy of a device\n" +
        "that is gone, so what it says of one that is away stands in brackets. What waits is what\n" +
        "the fleet file wants there and the device hasn't got. What can't be read is shown as ?,\n" +
        "with the reason on standard error. Only --versions needs the root key.",
    )
    .argument("[devices...]", "devices of the fleet (store-0001), or patterns of them ('store-*')")
    .option("--site <name>", "only devices of this site")
    .option("--ring <name>", "only devices of this ring")
    .option("--profile <name>", "only devices of this profile")
    .option("--label <name=value>", "only devices with this label; may be repeated", collect)
    .option("--away", "only devices that are away")
    .option("--degraded", "only devices with a degraded workload (with --away: either)")
    .option("--versions", "ask each device that is there which K3s and which Fedora CoreOS it runs")
    .option("--watch", "go on, and show it anew every few seconds; Ctrl+C ends it")
    .option("--interval <seconds>", "how often, with --watch", seconds, 10)
    .option("--exit-code", "exit with 1 if a device shown is away or degraded, or nobody can tell")
    .option("--kubeconfig <file>", "the kubeconfig of the hub (default: kubectl's own choice)")
    .option("--context <name>", "the context of the hub (default: the current one)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla status
  $ flotilla status 'store-*' --ring canary --watch
  $ flotilla status --away --degraded
  $ flotilla status --exit-code > /dev/null || notify "look at the fleet"
  $ flotilla status --json | jq -r '.devices[] | select(.waiting != []) | .device'

JSON: fleet, context, time, summary (devices, present, away, direct, unknown, unregistered,
degraded, waiting: numbers), devices, strangers (names on the hub that the fleet file lacks),
problems (what could not be read). A device has: device, site, ring, profile, labels, presence
(present, away, never, direct, unknown), ageSeconds, registered (yes, waiting, no, unknown),
kubernetes, k3s, coreos, workloads (name, wanted, version, sync, health, failed), degraded, waiting
(workload, from, to). With --watch, a document a line.`,
    )
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<StatusOptions>();
      if (options.watch && options.exitCode) {
        command.error("error: --watch has no end, and so no --exit-code");
      }
      if (options.watch && options.versions) {
        command.error("error: --versions asks every device, which is too much for --watch");
      }
      await showStatus({ ...options, words }, session);
    });
}

async function showStatus(options: StatusOptions & StatusFilter, session: Session): Promise<void> {
  const [{ loadProject, loadWithoutKey }, { openHub }, { statusFilter }, status] =
    await Promise.all([
      import("../project/project.ts"),
      import("../hub/kubectl/kubectl.ts"),
      import("../hub/status/status-filter.ts"),
      import("../hub/status/status.ts"),
    ]);
  const project = options.versions ? loadProject(options.fleet, session) : undefined;
  const loaded = project ?? loadWithoutKey(options.fleet);
  const shows = statusFilter(loaded.fleet, options.fleet, options);
  const hub = await openHub(options, session);
  const { askNodes } = await import("../hub/status/node-versions.ts");
  const now = () => new Date();
  const ask =
    project && ((devices: readonly Device[]) => askNodes(project, devices, options, session));
  const read = () => status.readStatus(loaded, hub, { shows, now, ...(ask && { ask }) });
  const tell = problemTeller(session);
  if (options.watch) {
    const draw = await drawer(options, session);
    await status.watch(read, draw, options.interval);
    return;
  }
  const report = await read();
  tell(report);
  session.out(
    options.json ? formatJson(report) : status.formatReport(report, status.screenOf(session)),
  );
  if (options.exitCode && status.isAlarming(report)) throw new ToolExit(1);
}

/** Says each problem once, however often it is met. */
function problemTeller(session: Session): (report: StatusReport) => void {
  const told = new Set<string>();
  return ({ problems }) => {
    for (const problem of problems) {
      if (!told.has(problem)) session.progress(`? ${problem}`);
      told.add(problem);
    }
  };
}

/** One frame after another: drawn over on a terminal, a line or a text behind the last elsewhere. */
async function drawer(
  { json, interval }: StatusOptions,
  session: Session,
): Promise<(report: StatusReport | OperationError) => void> {
  const { formatReport, frame, screenOf } = await import("../hub/status/status.ts");
  const tell = problemTeller(session);
  const isTerminal = session.stream?.isTTY === true;
  let last = "";
  return (report) => {
    const failure = report instanceof OperationError ? report : undefined;
    if (json || (failure && !isTerminal)) {
      if (failure) session.progress(`flotilla: ${failure.message}`);
      else session.out(`${JSON.stringify(report)}\n`);
      return;
    }
    // The window may have changed.
    const screen = screenOf(session);
    if (!(report instanceof OperationError)) last = formatReport(report, screen);
    const time = `${new Date().toTimeString().slice(0, 8)}, every ${interval} s`;
    const trouble = failure ? `${failure.message}\n` : "";
    if (isTerminal) {
      const problems = report instanceof OperationError ? [] : report.problems;
      const notes = problems.map((problem) => `? ${problem}\n`).join("");
      const { rows = 24, columns = 80 } = session.stream as { rows?: number; columns?: number };
      session.out(frame(`${time}\n\n${last}${notes}${trouble}`, rows, columns));
    } else {
      if (!(report instanceof OperationError)) tell(report);
      session.out(`${new Date().toISOString()}\n${last}\n`);
    }
  };
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function seconds(text: string): number {
  const number = Number(text);
  if (number >= 1 && number <= 86_400) return number;
  throw new InvalidArgumentError("a number of seconds, at least 1.");
}
