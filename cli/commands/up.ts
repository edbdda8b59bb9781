/** `flotilla up`: makes everything; publishes it on this machine, or shows what a publish changes. */
import { Command } from "commander";
import { screenOf } from "../terminal/screen.ts";
import { printReport } from "../terminal/session.ts";
import type { GlobalOptions, Session } from "../terminal/session.ts";

export function upCommand(session: Session): Command {
  return new Command("up")
    .summary("make everything, and publish it or show the plan: what `make` runs")
    .description(
      "Makes the root key if it is missing, and makes dist/infra, dist/gitops and dist/edge. If\n" +
        "repository.push is a folder below dist, which no hub reads, it publishes the state there;\n" +
        "otherwise it shows what `flotilla publish` would change. Run it after each change of the\n" +
        "fleet file. It writes only what changed.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla up
  $ flotilla up --fleet staging/fleet.yaml`,
    )
    .action(async (_options: unknown, command: Command) => {
      const { formatUp, makeEverything } = await import("../up/up.ts");
      const options = command.optsWithGlobals<GlobalOptions>();
      const report = await makeEverything(options.fleet, session);
      const byMake = session.environment["MAKELEVEL"] !== undefined;
      printReport(session, options, report, () => formatUp(report, byMake, screenOf(session)));
    });
}
