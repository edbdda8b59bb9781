/** `flotilla doctor`: what is missing before a deployment. */
import { Command } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import { count, formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

export function doctorCommand(session: Session): Command {
  return new Command("doctor")
    .summary("say what is missing before a deploy, and what mends it")
    .description(
      "Looks at this machine (git, terraform, gcloud, its plugin for GKE, kubectl, the logins), at the\n" +
        "Google Cloud project of the fleet file (whether it is there, billing, APIs, quotas), at the\n" +
        "DNS delegation of the domain and at the state repository, and prints for each what it found\n" +
        "and, where something is missing, the command that mends it. It changes nothing. What is\n" +
        "only advice is no hindrance; with anything else missing the exit code is 1.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla doctor
  $ flotilla doctor --json | jq -r '.checks[] | select(.state == "missing") | .mend'

JSON: fleet, ready (a deploy can begin), checks (name, state: ok, missing or unknown; needed, found,
mend or null).`,
    )
    .action(async (_options: unknown, command: Command) => {
      const [{ loadWithoutKey }, { formatChecks, isBlocking, runChecks }] = await Promise.all([
        import("../project/project.ts"),
        import("../hub/deploy/doctor.ts"),
      ]);
      const { fleet, json } = command.optsWithGlobals<GlobalOptions>();
      const report = await runChecks(loadWithoutKey(fleet), session);
      session.out(json ? formatJson(report) : formatChecks(report.checks));
      if (report.ready) return;
      const blocking = report.checks.filter(isBlocking).length;
      session.progress(`flotilla: ${count(blocking, "thing")} missing for a deploy`);
      throw new ToolExit(1);
    });
}
