/** `flotilla promote`: gives a version to the next ring. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { PromotionOptions } from "../hub/promote/promote.ts";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";

/** The options of every command that proposes a change of the fleet file. */
export function proposalOptions(command: Command): Command {
  return command
    .option("--no-commit", "write the fleet file and commit nothing")
    .addOption(
      new Option(
        "--pull-request",
        "push the commit to origin as a new branch, to be merged there",
      ).conflicts("commit"),
    )
    .option("--dry-run", "show what would be done, without doing it");
}

export function promoteCommand(session: Session): Command {
  const command = new Command("promote")
    .summary("give the next ring a workload's version")
    .description(
      "Shows the health of the version in its ring, and writes the version for the next ring into\n" +
        "the fleet file: one line; comments and layout do not change. It refuses while the version is\n" +
        "degraded or not yet healthy on a device of the ring. Devices that are away are listed and do\n" +
        "not block, if enough of the ring is healthy (--min-healthy).",
    )
    .argument("<workload>", "a workload of the fleet")
    .option("--from <ring>", "the ring that has the version (default: the one before --to)")
    .option("--to <ring>", "the ring that gets it (default: the first with another version)")
    .option(
      "--min-healthy <percent>",
      "how many devices of the ring must be healthy, in percent",
      percent,
      80,
    )
    .option("--force", "ignore the health of the ring, or an unreachable hub")
    .option("--kubeconfig <file>", "the kubeconfig of the hub (default: kubectl's own choice)")
    .option("--context <name>", "the context of the hub (default: the current one)");
  return proposalOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla promote point-of-sale
  $ flotilla promote point-of-sale --from canary --to early --min-healthy 90
  $ flotilla promote point-of-sale --pull-request

JSON: workload, from, ring, before, version, health (null with --force if the hub is unreachable),
commit, branch, url. Devices change after the next publish.`,
    )
    .action(async (workload: string, _options: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & PromotionOptions>();
      const { promote } = await import("../hub/promote/promote.ts");
      const result = await promote(workload, options, session);
      if (options.json) print(session, formatJson(result));
    });
}

function percent(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0 && number <= 100) return number;
  throw new InvalidArgumentError("Expected a number from 0 to 100.");
}
