/** `flotilla up`: makes and publishes everything. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

export function upCommand(session: Session): Command {
  return new Command("up")
    .summary("make everything and publish it: what `make` runs")
    .description(
      "Makes the root key if it is missing, makes dist/infra, dist/gitops and dist/edge, publishes\n" +
        "the state, and prints what it made, how long it took and what to do next. Run it after each\n" +
        "change of the fleet file. It writes only what changed.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla up
  $ flotilla up --fleet staging/fleet.yaml`,
    )
    .action(async (_options: unknown, command: Command) => {
      const { formatUp, makeAndPublish } = await import("../publish/up.ts");
      const { fleet, json } = command.optsWithGlobals<GlobalOptions>();
      const report = await makeAndPublish(fleet, session);
      const byMake = session.environment["MAKELEVEL"] !== undefined;
      session.out(json ? formatJson(report) : formatUp(report, byMake));
    });
}
