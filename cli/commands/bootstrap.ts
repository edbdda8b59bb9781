/** `flotilla bootstrap`: places the secrets of the hub. */
import { Command } from "commander";
import type { BootstrapOptions } from "../hub/bootstrap/bootstrap.ts";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
} from "../terminal/session.ts";

export function bootstrapCommand(session: Session): Command {
  return new Command("bootstrap")
    .summary("place the hub's secrets, which are not in Git")
    .description(
      "Places on the hub the secrets that must not be in Git: the CA of the hub's client certificates\n" +
        "and the gateways' keys, made from the root key, and the credential that Argo CD reads the\n" +
        "state repository with, if you give one. It records the fleet's name and the fingerprint of\n" +
        "its root key in the cluster.\n" +
        "\n" +
        "Run it as often as you like: correct objects are not changed. It refuses the hub of another\n" +
        "fleet, a hub of another root key, and a device. It also refuses a cluster without a record,\n" +
        "unless you name it with --context or it is the hub that `make` declared. It uses your own\n" +
        "kubectl, which gets every secret on standard input.",
    )
    .option("--kubeconfig <file>", "the kubeconfig of the hub (default: kubectl's own choice)")
    .option("--context <name>", "the context of the hub (default: the current one)")
    .option("--repository-key <file>", "an SSH private key that may read the state repository")
    .option("--repository-user <name>", "a user who may read it, over https")
    .option(
      "--repository-password-file <file>",
      "that user's password or token (or set $FLOTILLA_REPOSITORY_PASSWORD)",
    )
    .option("--dry-run", "show what would be done, without doing it")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla bootstrap --repository-key state-reader
  $ flotilla bootstrap --context gke_my-project_us-east1_my-fleet-hub --dry-run
  $ FLOTILLA_REPOSITORY_PASSWORD=… flotilla bootstrap --repository-user argocd
  $ flotilla bootstrap --json | jq '.objects[] | select(.change != "unchanged")'

Set $KUBECTL to use another kubectl than the one on the PATH.`,
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
      const project = await loadProject(options.fleet, session);
      if (!options.dryRun) saveChangedLock(project, session);
      const report = await bootstrap(project, options, session);
      print(session, options.json ? formatJson(report) : formatBootstrap(report));
      for (const note of report.notes) session.progress(note);
      const stateFolder = shownPath(`${project.outputFolder}/gitops`);
      const steps = nextSteps(project.fleet, report, stateFolder, options);
      for (const step of steps) session.progress(step);
    });
}
