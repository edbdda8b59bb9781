/** `flotilla deploy`: makes the hub in the cloud. */
import { Command } from "commander";
import type { DeployOptions } from "../hub/deploy/deploy.ts";
import { printReport } from "../terminal/session.ts";
import type { GlobalOptions, Session } from "../terminal/session.ts";

export function deployCommand(session: Session): Command {
  return new Command("deploy")
    .summary("make the hub in the cloud, or update it")
    .description(
      "Checks what is needed (flotilla doctor), makes dist/infra and dist/gitops, lets Terraform plan\n" +
        "and, after you agree, apply each stack (github if the fleet file has repository.github, hub,\n" +
        "argocd), publishes the state, points kubectl at the hub, and places its secrets (flotilla\n" +
        "bootstrap).\n" +
        "\n" +
        "Run it after every change under cloud, as often as you like: if nothing changed, Terraform\n" +
        "does nothing. If it stops half way, run it again.",
    )
    .option("--yes", "apply the plan without asking")
    .option("--repository-key <file>", "an SSH private key that may read the state repository")
    .option("--repository-user <name>", "a user who may read it, over https")
    .option(
      "--repository-password-file <file>",
      "that user's password or token (or set $FLOTILLA_REPOSITORY_PASSWORD)",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla deploy --repository-key state-reader
  $ flotilla deploy --yes --json | jq -r .context

\`npx cdktf deploy '*'\` deploys the same stacks from the same folders, with the same state; run
\`make\` before it and \`flotilla bootstrap\` after it.`,
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & DeployOptions>();
      if (options.repositoryKey && (options.repositoryUser ?? options.repositoryPasswordFile)) {
        command.error("error: give an SSH key or a user with a password, not both");
      }
      const [{ loadProject }, { deploy, formatDeploy }] = await Promise.all([
        import("../project/project.ts"),
        import("../hub/deploy/deploy.ts"),
      ]);
      const project = await loadProject(options.fleet, session, { makes: "everything" });
      const report = await deploy(project, options, session);
      for (const note of report.bootstrap.notes) session.progress(note);
      printReport(session, options, report, formatDeploy);
    });
}
