/** `flotilla init`: writes a first fleet file, and a project around it. */
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { shellWord } from "../../fleet/model/shell-word.ts";
import { fleetFileName } from "../../fleet/files/fleet-files.ts";
import type { FirstFleet } from "../project/first-fleet.ts";
import type { GivenSettings } from "../project/first-settings.ts";
import { fleetFileAbove } from "../project/fleet-file.ts";
import {
  formatJson,
  print,
  shownPath,
  type GlobalOptions,
  type Session,
} from "../terminal/session.ts";

export function initCommand(session: Session): Command {
  return new Command("init")
    .summary("write a first fleet.yaml, and a project around it")
    .description(
      "Writes a project into a folder (the current one by default): a small fleet file with comments,\n" +
        "its JSON Schema for editors, a .gitignore, and what cdktf, cdk8s, npm and make need, with a\n" +
        "first workload of your own and its test. At a terminal it asks for what is not given; without\n" +
        "one, or with --yes, it takes the defaults. Existing files are not changed, except that\n" +
        "missing entries are added to a package.json. If there is a fleet file already, nothing is written.\n" +
        "\n" +
        "With --fleet, or inside a project, it writes only a fleet file, its schema and a .gitignore.",
    )
    .argument("[directory]", "where to write it (default: the current folder, or that of --fleet)")
    .option("--name <name>", "name of the fleet")
    .option("--domain <domain>", "DNS zone of the hub")
    .option("--project <id>", "ID of the Google Cloud project")
    .option("--repository <url>", "Git URL of the state repository (default: one on this machine)")
    .option("--yes", "take the defaults for what is not given, without asking")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla init
  $ flotilla init my-fleet && cd my-fleet && npm install && make
  $ flotilla init --yes --name bakery --domain edge.bakery.example
  $ flotilla init --fleet staging/fleet.yaml`,
    )
    .action(async (directory: string | undefined, options: InitOptions, command: Command) => {
      const { json, fleet } = command.optsWithGlobals<GlobalOptions>();
      const isNamed = command.parent?.getOptionValueSource("fleet") === "cli";
      if (isNamed && directory !== undefined) {
        command.error("error: give a directory or --fleet, not both");
      }
      const file = isNamed ? fleet : join(directory ?? ".", fleetFileName);
      const [{ refuseSecondFile, writeFirstFleet }, { firstSettings }] = await Promise.all([
        import("../project/first-fleet.ts"),
        import("../project/first-settings.ts"),
      ]);
      refuseSecondFile(file);
      const { yes, ...given } = options;
      const asks = session.ask !== undefined && !yes && !json && !isNamed;
      const { progress } = session;
      const settings = await firstSettings(given, asks ? session : { progress });
      const above = fleetFileAbove(resolve(dirname(file)));
      const result = await writeFirstFleet(file, settings, isNamed);
      const { written } = result;
      const lines = written.map((path) => `Wrote ${path}\n`);
      print(session, json ? formatJson({ written }) : lines.join(""));
      for (const line of remarks(file, result)) session.progress(line);
      if (above !== undefined) {
        const other = shownPath(resolve(dirname(file), above));
        session.progress(`This is a second fleet: there is one in ${other}`);
      }
      session.progress(nextStep(file, result));
    });
}

interface InitOptions extends GivenSettings {
  readonly yes?: boolean;
}

/** What was there before, and what is true on this machine only. */
function remarks(file: string, first: FirstFleet): string[] {
  const { kept, manifest, missingIgnores, flotillaPath } = first;
  const ignore = join(dirname(file), ".gitignore");
  return [
    ...kept.map((path) => `Kept ${path}, which exists already`),
    ...(manifest === undefined || manifest.added.length === 0
      ? []
      : [`Added to ${manifest.path}: ${manifest.added.join(" ")}`]),
    ...(manifest?.isCommonJs
      ? [`${manifest.path} says "type": "commonjs". Write "module", so that infra/main.ts runs`]
      : []),
    ...(missingIgnores.length > 0
      ? [`Add to ${ignore}, which was not changed: ${missingIgnores.join(" ")}`]
      : []),
    ...(flotillaPath === undefined
      ? []
      : [
          `${join(dirname(file), "package.json")} installs Flotilla from a path of this machine, ${flotillaPath}. ` +
            "On another machine, install it from its path there: npm install --save-dev <path>",
        ]),
  ];
}

function nextStep(file: string, { isProject }: FirstFleet): string {
  const option = file === fleetFileName ? "" : ` --fleet ${shellWord(file)}`;
  if (!isProject) return `Edit ${file}, then run: flotilla up${option}`;
  const folder = dirname(file);
  const enter = folder === "." ? "" : `cd ${shellWord(folder)} && `;
  return `Edit ${file}, then run: ${enter}npm install && make`;
}
