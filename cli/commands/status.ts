/** `flotilla status`: shows the fleet in operation. */
import { Command, InvalidArgumentError } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import type { StatusOptions } from "../hub/status/watch.ts";
import type { GlobalOptions, Session } from "../terminal/session.ts";

type CommandOptions = GlobalOptions &
  Omit<StatusOptions, "words"> & { readonly exitCode?: boolean };

export function statusCommand(session: Session): Command {
  return new Command("status")
    .summary("show the fleet in operation: presence, workloads, versions")
    .description(
      "Reads the hub with your own kubectl and shows for each device: the time since its last\n" +
        "handshake with the gateway (away after 3 minutes), whether Argo CD has reached it\n" +
        "(registered), each workload (ok: Synced and Healthy), the version of Kubernetes, and what\n" +
        "waits: versions of the fleet file that the device does not have yet. Argo CD still reports\n" +
        "Synced and Healthy for a device that is away, so these values are in brackets. A value that\n" +
        "can't be read is shown as ?, with the reason on standard error. Only --versions needs the\n" +
        "root key.",
    )
    .argument(
      "[devices...]",
      "devices of the fleet (store-0001), or patterns or ranges of them ('store-*')",
    )
    .option("--site <name>", "only devices of this site")
    .option("--ring <name>", "only devices of this ring")
    .option("--profile <name>", "only devices of this profile")
    .option("--label <name=value>", "only devices with this label; may be repeated", collect)
    .option("--away", "only devices that are away")
    .option("--degraded", "only devices with a degraded workload (with --away: either)")
    .option(
      "--versions",
      "ask each present device for its versions of K3s and Fedora CoreOS, and find outdated ones",
    )
    .option("--watch", "repeat every few seconds, until Ctrl+C")
    .option("--interval <seconds>", "seconds between updates, with --watch", seconds, 10)
    .option(
      "--exit-code",
      "exit with 1 if a shown device is away, degraded or outdated, or something can't be read",
    )
    .option("--kubeconfig <file>", "the kubeconfig of the hub (default: kubectl's own choice)")
    .option("--context <name>", "the context of the hub (default: the current one)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla status
  $ flotilla status 'store-*' --ring canary --watch
  $ flotilla status --away --degraded
  $ flotilla status --exit-code > /dev/null || notify "check the fleet"
  $ flotilla status --json | jq -r '.devices[] | select(.waiting != []) | .device'

JSON: fleet, context, time, summary (devices, present, away, direct, unknown, unregistered,
degraded, waiting: numbers), devices, undeclared (names on the hub that are not in the fleet
file), problems (what could not be read). A device has: device, site, ring, profile, labels,
presence (present, away, never, direct, unknown), ageSeconds, registered (yes, waiting, no,
unknown), kubernetes, k3s, coreos, workloads (name, wanted, version, sync, health, failed),
degraded, waiting (workload, from, to); from the hub's metrics or with --versions also
coreosDays, outdated. From
hub.generation 2 on also hubKeys (new: it dropped older keys, old: it may still trust them,
direct, unknown), and the document has hubKeys (generation, gatewaysBehind, devices). With
--watch, one document per line.`,
    )
    .action(async (words: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommandOptions>();
      if (options.watch && options.exitCode) {
        command.error("error: --watch does not end, so it takes no --exit-code");
      }
      if (options.watch && options.versions) {
        command.error(
          "error: --versions asks every device, which is too much to repeat with --watch",
        );
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
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError("Expected a label, name=value.");
  return [...before, value];
}

function seconds(text: string): number {
  const number = Number(text);
  if (number >= 1 && number <= 86_400) return number;
  throw new InvalidArgumentError("Expected a number of seconds, at least 1.");
}
