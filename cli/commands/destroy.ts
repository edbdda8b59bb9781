/** `flotilla destroy`: takes the hub down. */
import { Command } from "commander";
import type { DestroyOptions } from "../hub/deploy/destroy.ts";
import { formatJson, type GlobalOptions, type Session } from "../terminal/session.ts";

export function destroyCommand(session: Session): Command {
  return new Command("destroy")
    .summary("take the hub in the cloud down, with all that costs")
    .description(
      "Takes down Argo CD, then the load balancers and disks that Kubernetes made (it names them\n" +
        "before it asks), then the cluster, its network and all else in the stack hub. The state\n" +
        "repository, the root key and the devices stay; flotilla deploy makes the hub again.\n\n" +
        "A hub is protected: write deletionProtection: false under cloud in the fleet file first.\n" +
        "It asks for the fleet's name before anything goes. If it stops half way, run it again.",
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
      const project = loadProject(options.fleet, session);
      const report = await destroy(project, options, session);
      session.out(options.json ? formatJson(report) : formatDestroy(report, project));
    });
}
