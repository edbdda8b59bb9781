/** `flotilla promote`: a version that proved itself in one ring goes on to the next. */
import { Command, InvalidArgumentError } from "commander";
import type { PromotionOptions } from "../hub/promote/promote.ts";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

/** The options of every command that proposes a change of the fleet file. */
export function proposalOptions(command: Command): Command {
  return command
    .option("--no-commit", "write the fleet file and commit nothing")
    .option(
      "--pull-request",
      "push the commit to origin as a branch of its own, to be merged there",
    )
    .option("--dry-run", "only say what would be done");
}

export function promoteCommand(session: Session): Command {
  const command = new Command("promote")
    .summary("let a workload's version go on to the next ring")
    .description(
      "Shows how the version does in its ring, and writes it as the next ring's version into the\n" +
        "fleet file: one line, comments and layout stay. It is refused while the version is\n" +
        "degraded or not healthy yet anywhere in the ring. Devices that are away are counted apart\n" +
        "and block nothing, as long as enough of the ring is healthy (--min-healthy).",
    )
    .argument("<workload>", "a workload of the fleet")
    .option("--from <ring>", "the ring whose version it is (default: the one before --to)")
    .option("--to <ring>", "the ring that gets it (default: the one where versions differ)")
    .option("--min-healthy <percent>", "how much of the ring must be healthy", percent, 80)
    .option("--force", "go on whatever the ring says, or without asking a hub that is not there")
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

JSON: workload, from, ring, before, version, health (null with --force where no hub answers), commit,
branch, url. Nothing reaches a device before the next publish.`,
    )
    .action(async (workload: string, _options: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & PromotionOptions>();
      const { promote } = await import("../hub/promote/promote.ts");
      const result = await promote(workload, options, session);
      if (options.json) session.out(formatJson(result));
    });
}

function percent(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0 && number <= 100) return number;
  throw new InvalidArgumentError("a number from 0 to 100.");
}
