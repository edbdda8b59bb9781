/** `flotilla up`: the whole main job. */
import { Command } from "commander";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

export function upCommand(session: Session): Command {
  return new Command("up")
    .summary("make everything and publish it: what `make` runs")
    .description(
      "Does the main job from end to end: makes the root key where there is none, makes dist/infra,\n" +
        "dist/gitops and dist/edge, publishes the state, and tells what it made, where, how long it\n" +
        "took and what to do next. Run it after each change of the fleet file; what has not changed\n" +
        "is left alone.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla up
  $ flotilla up --fleet staging/fleet.yaml`,
    )
    .action(async (_options: unknown, command: Command) => {
      const { deliver, formatDelivery } = await import("../publish/delivery.ts");
      const { fleet, json } = command.optsWithGlobals<GlobalOptions>();
      const delivery = await deliver(fleet, session);
      const byMake = session.environment["MAKELEVEL"] !== undefined;
      session.out(json ? formatJson(delivery) : formatDelivery(delivery, byMake));
    });
}
