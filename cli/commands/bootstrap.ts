/** `flotilla bootstrap`: what the hub needs and Git must not hold. */
import { Command } from "commander";
import type { BootstrapOptions } from "../hub/bootstrap/bootstrap.ts";
import { formatJson, shownPath, type GlobalOptions, type Session } from "../terminal/session.ts";

export function bootstrapCommand(session: Session): Command {
  return new Command("bootstrap")
    .summary("place on the hub the secrets that are not in Git")
    .description(
      "Places on a fresh hub what Git must not hold, all of it made from the root key: the CA of the\n" +
        "hub's client certificates and the gateways' keys; and the credential with which Argo CD\n" +
        "reads the state repository, where you give one. It marks the cluster with the fleet's name\n" +
        "and the fingerprint of its root key.\n\n" +
        "Run it as often as you like: what is right stays as it is. A cluster that is the hub of\n" +
        "another fleet, was set up with another root key, or is a device is refused, and so is one\n" +
        "without a mark, unless you name it by --context or it is the hub that `make` declared.\n" +
        "It runs your own kubectl, which gets every secret by standard input.",
    )
    .option("--kubeconfig <file>", "the kubeconfig of the hub (default: kubectl's own choice)")
    .option("--context <name>", "the context of the hub (default: the current one)")
    .option("--repository-key <file>", "an SSH private key that may read the state repository")
    .option("--repository-user <name>", "a user who may read it, over https")
    .option(
      "--repository-password-file <file>",
      "that user's password or token (or set $FLOTILLA_REPOSITORY_PASSWORD)",
    )
    .option("--dry-run", "say what would be done, and do nothing")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla bootstrap --repository-key state-reader
  $ flotilla bootstrap --context gke_my-project_us-east1_my-fleet-hub --dry-run
  $ FLOTILLA_REPOSITORY_PASSWORD=… flotilla bootstrap --repository-user argocd
  $ flotilla bootstrap --json | jq '.objects[] | select(.change != "unchanged")'

$KUBECTL names another kubectl than the one on the PATH.`,
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & BootstrapOptions>();
      if (options.repositoryKey && (options.repositoryUser ?? options.repositoryPasswordFile)) {
        command.error("error: give an SSH key or a user with a password, not both");
      }
      const [{ bootstrap }, { formatBootstrap, nextSteps }, { loadProject }, { saveChangedLock }] =
        await Promise.all([
          import("../hub/bootstrap/bootstrap.ts"),
          import("../hub/bootstrap/bootstrap-text.ts"),
          import("../project/project.ts"),
          import("../project/synthesis.ts"),
        ]);
      const project = loadProject(options.fleet, session);
      if (!options.dryRun) saveChangedLock(project, session);
      const report = await bootstrap(project, options, session);
      session.out(options.json ? formatJson(report) : formatBootstrap(report));
      for (const note of report.notes) session.progress(note);
      const stateFolder = shownPath(`${project.outputFolder}/gitops`);
      const steps = nextSteps(project.fleet, report, stateFolder, options);
      for (const step of steps) session.progress(step);
    });
}
