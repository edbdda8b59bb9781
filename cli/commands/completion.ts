/** `flotilla completion`: prints the script by which a shell completes command lines. */
import { Argument, Command } from "commander";
import { completionScripts, type Shell } from "../completion/scripts.ts";
import { print, type Session } from "../terminal/session.ts";

export function completionCommand(session: Session): Command {
  return new Command("completion")
    .summary("print the completion script of a shell")
    .description(
      "Prints a script for bash, zsh or fish. It completes commands, options and, from the fleet file\n" +
        "of the project, devices, workloads, sites, rings, profiles and environments.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(completionScripts)))
    .addHelpText(
      "after",
      `
Examples:
  $ source <(flotilla completion bash)              in ~/.bashrc
  $ source <(flotilla completion zsh)               in ~/.zshrc, after compinit
  $ flotilla completion fish | source               in ~/.config/fish/config.fish`,
    )
    .action((shell: Shell) => print(session, completionScripts[shell]));
}
