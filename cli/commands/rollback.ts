/** `flotilla rollback`: gives a ring an earlier version. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";
import type { RollbackOptions } from "../hub/promote/promote.ts";
import { proposalOptions } from "./promote.ts";

export function rollbackCommand(session: Session): Command {
  const command = new Command("rollback")
    .summary("give a ring an earlier version of a workload")
    .description(
      "Writes an earlier version of a ring into the fleet file: by default the one that the ring had\n" +
        "before the current one, by the Git history of that file. A second rollback goes further\n" +
        "back. Later rings do not change.",
    )
    .argument("<workload>", "a workload of the fleet")
    .option("--ring <name>", "the ring (default: the first that is ahead of the next)")
    .option("--to <version>", "the version (default: the one before the current one)")
    .option("--force", "take --to even if the ring never had that version");
  return proposalOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla rollback point-of-sale --ring canary
  $ flotilla rollback point-of-sale --ring early --to 6.9.1 --pull-request

JSON: workload, ring, before, version, commit, branch, url. Devices change after the next publish.`,
    )
    .action(async (workload: string, _options: unknown, self: Command) => {
      const options = self.optsWithGlobals<GlobalOptions & RollbackOptions>();
      const { rollback } = await import("../hub/promote/promote.ts");
      const result = await rollback(workload, options, session);
      if (options.json) print(session, formatJson(result));
    });
}
