/** `flotilla destroy`: deletes the hub in the cloud. */
import { Command } from "commander";
import type { DestroyOptions } from "../hub/deploy/destroy.ts";
import { printReport } from "../terminal/session.ts";
import type { GlobalOptions, Session } from "../terminal/session.ts";

export function destroyCommand(session: Session): Command {
  return new Command("destroy")
    .summary("delete the hub in the cloud, with everything that costs money")
    .description(
      "Deletes Argo CD, then the load balancers and disks that Kubernetes made (it lists them before\n" +
        "it asks), then the cluster, its network and everything else in the stack hub. The state\n" +
        "repository, the root key and the devices are kept; flotilla deploy makes the hub again.\n" +
        "\n" +
        "A hub is protected: first write deletionProtection: false under cloud in the fleet file. It\n" +
        "asks for the fleet's name before it deletes. If it stops half way, run it again.",
    )
    .option("--yes", "delete without asking")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla destroy
  $ flotilla destroy --yes --json`,
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & DestroyOptions>();
      const [{ loadProject }, { destroy, formatDestroy }] = await Promise.all([
        import("../project/project.ts"),
        import("../hub/deploy/destroy.ts"),
      ]);
      const project = await loadProject(options.fleet, session);
      const report = await destroy(project, options, session);
      printReport(session, options, report, () => formatDestroy(report, project));
    });
}
