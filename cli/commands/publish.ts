/** `flotilla publish`: pushes the state to the Git repository that Argo CD reads. */
import { Command } from "commander";
import type { Publication } from "../publish/publish.ts";
import type { PublishingOptions } from "../up/state-publication.ts";
import { formatJson, type GlobalOptions, print, type Session } from "../terminal/session.ts";

export function publishCommand(session: Session): Command {
  return new Command("publish")
    .summary("make the state and push it to the state repository")
    .description(
      "Makes dist/gitops and pushes it to the state repository, in one commit that says\n" +
        "what changed, or none if nothing changed. If the path does not exist, a bare repository is\n" +
        "made. Files that Flotilla did not write are not changed. No push is forced: if somebody else\n" +
        "pushes at the same time, Flotilla tries again on top of that. It asks first if devices are\n" +
        "removed, cut off until they are reinstalled, or in need of a new image.\n" +
        "\n" +
        "It needs the root key, or the publishing key and a lock with all public keys.",
    )
    .option("--yes", "publish without asking")
    .option("--force", "publish although devices get other addresses or another root key")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla publish
  $ flotilla publish --json | jq -r .commit.id`,
    )
    .action(async (_options: unknown, command: Command) => {
      const [{ loadProject }, { synthesize }, { publishState }] = await Promise.all([
        import("../project/project.ts"),
        import("../project/synthesis.ts"),
        import("../up/state-publication.ts"),
      ]);
      const options = command.optsWithGlobals<GlobalOptions & PublishingOptions>();
      const { fleet, json } = options;
      const project = await loadProject(fleet, session, { makes: "state" });
      await synthesize(project, ["gitops"], session);
      const publication = await publishState(project, options, session);
      print(session, json ? formatJson(publication) : `${describePublication(publication)}\n`);
    });
}

/** One line for people. */
function describePublication({ remote, branch, commit }: Publication): string {
  if (!commit) return `${remote}: ${branch} already has this state; nothing to publish`;
  return `${remote}: ${branch} is now ${commit.id.slice(0, 12)}: ${commit.subject}`;
}
