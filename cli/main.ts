/** The command line: its commands, its global options, its exit codes. */
import { existsSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { bootstrapCommand } from "./commands/bootstrap.ts";
import { butaneCommand } from "./commands/butane.ts";
import { completionCommand } from "./commands/completion.ts";
import { deployCommand } from "./commands/deploy.ts";
import { destroyCommand } from "./commands/destroy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { flashCommand } from "./commands/flash.ts";
import { helpCommand } from "./commands/help.ts";
import { imageCommand } from "./commands/image.ts";
import { initCommand } from "./commands/init.ts";
import { isoCommand } from "./commands/iso.ts";
import { keygenCommand } from "./commands/keygen.ts";
import { kubeconfigCommand } from "./commands/kubeconfig.ts";
import { matchCommand } from "./commands/match.ts";
import { pinCommand } from "./commands/pin.ts";
import { planCommand } from "./commands/plan.ts";
import { promoteCommand } from "./commands/promote.ts";
import { publishCommand } from "./commands/publish.ts";
import { pxeCommand } from "./commands/pxe.ts";
import { revokeCommand } from "./commands/revoke.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { schemaCommand } from "./commands/schema.ts";
import { showCommand } from "./commands/show.ts";
import { statusCommand } from "./commands/status.ts";
import { synthCommand } from "./commands/synth.ts";
import { upCommand } from "./commands/up.ts";
import { validateCommand } from "./commands/validate.ts";
import { ToolExit } from "../fleet/files/operation-error.ts";
import { fleetFileName, fleetFilesOf } from "../fleet/files/fleet-files.ts";
import { adviseFor } from "../fleet/model/advised-commands.ts";
import { installationManifest } from "../fleet/files/installation.ts";
import { ownFailure } from "./project/own-code/own-failure.ts";
import { guardProgram } from "./project/own-code/program-guard.ts";
import { lockProject } from "./project/run-lock.ts";
import { fileOfEnvironment, wantedEnvironment } from "./project/environment.ts";
import { fleetFileAbove } from "./project/fleet-file.ts";
import { reportError } from "./terminal/error-report.ts";
import type { GlobalOptions, Session } from "./terminal/session.ts";
import { processSession } from "./terminal/terminal.ts";

/** Done. */
const exitDone = 0;
/** The command line is wrong. */
const exitUsage = 2;

/** Every command, in the order in which a fleet needs them. */
const commands: readonly ((session: Session) => Command)[] = [
  initCommand,
  keygenCommand,
  validateCommand,
  synthCommand,
  planCommand,
  publishCommand,
  upCommand,
  doctorCommand,
  deployCommand,
  bootstrapCommand,
  statusCommand,
  promoteCommand,
  rollbackCommand,
  kubeconfigCommand,
  pinCommand,
  showCommand,
  matchCommand,
  revokeCommand,
  imageCommand,
  flashCommand,
  pxeCommand,
  butaneCommand,
  isoCommand,
  schemaCommand,
  completionCommand,
  destroyCommand,
  helpCommand,
];

/**
 * Runs the command line of a process and returns its exit code.
 *
 * @param args without node and script, `["image", "store-0001"]`
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  const session = processSession();
  const done = guardProgram(session);
  const code = await main(args, session);
  done();
  return code;
}

/** Runs one command line in a session and returns its exit code. */
export async function main(args: readonly string[], session: Session): Promise<number> {
  const program = buildProgram(session);
  if (args[0] === "complete") {
    const { complete } = await import("./completion/complete.ts");
    session.out(complete(program, args.slice(1), session));
    return exitDone;
  }
  let release = () => {};
  program.hook("preAction", async (_, command) => {
    const { fleet, stdout } = command.optsWithGlobals<
      GlobalOptions & { readonly stdout?: boolean }
    >();
    if (!writers.has(command.name()) || stdout) return;
    const edited = editors.has(command.name()) ? fleetFilesOf(fleet).environment?.base : undefined;
    const releaseBase = edited === undefined ? release : await lockProject(edited, session);
    release = releaseBase;
    const releaseFleet = await lockProject(fleet, session);
    release = () => {
      releaseFleet();
      releaseBase();
    };
  });
  try {
    await program.parseAsync(separated(args), { from: "user" });
    return exitDone;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitDone : exitUsage;
    if (error instanceof ToolExit) return error.code;
    return reportError(ownFailure(error), session, program.opts<GlobalOptions>());
  } finally {
    release();
    adviseFor(undefined);
  }
}

/**
 * Commands that write into the project's folder: one of them runs at a time. `kubeconfig`, `flash` and what
 * writes to standard output are not among them: they write only the lock (exclusive-save.ts).
 */
const writers: ReadonlySet<string> = new Set(
  "keygen synth publish up deploy destroy bootstrap promote rollback pin match revoke image pxe".split(
    " ",
  ),
);

/** Those that edit a file: with an environment it may be fleet.yaml, which other environments share. */
const editors: ReadonlySet<string> = new Set(["promote", "rollback", "match", "revoke"]);

/** Commands that parse all of their arguments, including those that Flotilla has (`--version`). */
const toolCommands: ReadonlySet<string> = new Set(["butane"]);

function separated(args: readonly string[]): string[] {
  const [command, ...rest] = args;
  return command !== undefined && toolCommands.has(command) ? [command, "--", ...rest] : [...args];
}

function buildProgram(session: Session): Command {
  const program = new Command("flotilla")
    .summary(
      "declare a fleet of edge devices once; get its cloud hub, its GitOps state, its images",
    )
    .description(
      "One fleet file in; a cloud hub, a GitOps repository and self-installing edge devices out.\n\n" +
        "fleet.yaml declares the fleet. From it Flotilla makes dist/infra (Terraform for the hub),\n" +
        "dist/gitops (the state of hub and devices, for Argo CD) and dist/edge/<device> (the\n" +
        "operating system of each device), and publishes the state to a Git repository.",
    )
    .option("--fleet <file>", "the fleet file", fleetFileName)
    .option(
      "--environment <name>",
      "the environment: environments/<name>.yaml, merged over the fleet file",
    )
    .option("--json", "print the result as JSON")
    .option("--verbose", "show the stack trace of an unexpected error")
    .version(installationManifest().version, "-V, --version", "print the version of Flotilla")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .addHelpText("after", programExamples);
  for (const make of commands) program.addCommand(make(session));
  program.hook("preAction", (_, command) => findFleet(program, command.name(), session));
  for (const command of [program, ...program.commands]) configure(command, session);
  return program;
}

/** Commands that do not read the fleet file of a project. */
const fleetlessCommands: ReadonlySet<string> = new Set([
  "init",
  "butane",
  "iso",
  "schema",
  "completion",
  "help",
]);

/**
 * Below the project's folder, takes the fleet file of the project; of an environment, takes its file;
 * and says so.
 */
function findFleet(program: Command, command: string, session: Session): void {
  const isNamed = program.getOptionValueSource("fleet") !== "default";
  if (fleetlessCommands.has(command)) return;
  const found = isNamed || existsSync(fleetFileName) ? undefined : fleetFileAbove(process.cwd());
  const { fleet, environment } = program.opts<GlobalOptions>();
  const wanted = wantedEnvironment(environment, session);
  const base = found ?? fleet;
  const file = wanted === undefined ? base : fileOfEnvironment(base, wanted);
  adviseFor(fleetFilesOf(file).environment?.name);
  if (file === fleet) return;
  program.setOptionValueWithSource("fleet", file, "env");
  session.progress(`Using ${file}`);
}

const programExamples = `
Examples:
  $ flotilla init                     write a first fleet.yaml
  $ flotilla up                       make everything; publish it or show the plan
  $ flotilla image store-0001 --base fedora-coreos.iso
                                      write the image that installs a device

In a folder below fleet.yaml, commands find it as git finds its repository.
Results go to standard output, progress to standard error.
Exit codes: 0 done, 1 the input is wrong or something failed, 2 wrong usage, 3 changes (plan
--exit-code).`;

/** Sets what all commands share: no exit, the streams of the session, global options in help. */
function configure(command: Command, session: Session): void {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .showHelpAfterError(`(see: flotilla ${command.parent ? `${command.name()} ` : ""}--help)`)
    .configureHelp({ showGlobalOptions: true, helpWidth: 100 })
    .configureOutput({
      writeOut: session.out,
      writeErr: (text) => session.progress(text.trimEnd()),
    });
}
