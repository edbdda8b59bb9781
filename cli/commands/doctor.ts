/** `flotilla doctor`: checks what a deployment needs. */
import { Command } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import { count, type GlobalOptions, type Session, printReport } from "../terminal/session.ts";

export function doctorCommand(session: Session): Command {
  return new Command("doctor")
    .summary("check what a deployment needs, and show how to fix it")
    .description(
      "Checks this machine (git, terraform, gcloud and its GKE plugin, kubectl, the logins), the\n" +
        "Google Cloud project of the fleet file (billing, APIs, quotas), the DNS delegation of the\n" +
        "domain and the state repository. It prints what it found, and a command for each missing\n" +
        "thing. It changes nothing. Advice does not block a deployment; for anything else that is\n" +
        "missing the exit code is 1.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla doctor
  $ flotilla doctor --json | jq -r '.checks[] | select(.state == "missing") | .fix'

JSON: fleet, ready (a deployment can begin), checks (name, state: ok, missing or unknown; needed,
found, fix or null).`,
    )
    .action(async (_options: unknown, command: Command) => {
      const [{ loadWithoutKey }, { formatChecks, isBlocking, runChecks }, { screenOf }] =
        await Promise.all([
          import("../project/project.ts"),
          import("../hub/deploy/doctor.ts"),
          import("../terminal/screen.ts"),
        ]);
      const options = command.optsWithGlobals<GlobalOptions>();
      const report = await runChecks(await loadWithoutKey(options.fleet), session);
      const { colours } = screenOf(session);
      printReport(session, options, report, ({ checks }) => formatChecks(checks, colours));
      if (report.ready) return;
      const blocking = report.checks.filter(isBlocking).length;
      session.progress(`flotilla: ${count(blocking, "thing")} missing for a deployment`);
      throw new ToolExit(1);
    });
}
