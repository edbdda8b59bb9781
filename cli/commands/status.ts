/** `flotilla status`: the fleet in operation. */
import { Command, InvalidArgumentError } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import type { StatusOptions } from "../hub/status/watch.ts";
import type { GlobalOptions, Session } from "../terminal/session.ts";

type CommandOptions = GlobalOptions &
  Omit<StatusOptions, "words"> & { readonly exitCode?: boolean };

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
      const options = command.optsWithGlobals<CommandOptions>();
      if (options.watch && options.exitCode) {
        command.error("error: --watch has no end, and so no --exit-code");
      }
      if (options.watch && options.versions) {
        command.error("error: --versions asks every device, which is too much for --watch");
      }
      const [{ showStatus }, { isAlarming }] = await Promise.all([
        import("../hub/status/watch.ts"),
        import("../hub/status/status.ts"),
      ]);
      const report = await showStatus({ ...options, words }, session);
      if (options.exitCode && report && isAlarming(report)) throw new ToolExit(1);
    });
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function seconds(text: string): number {
  const number = Number(text);
  if (number >= 1 && number <= 86_400) return number;
  throw new InvalidArgumentError("a number of seconds, at least 1.");
}
