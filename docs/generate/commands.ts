/** The reference of the commands: their help, as the command line prints it. */

/** A command with what `flotilla <name> --help` prints. */
export interface CommandHelp {
  readonly name: string;
  readonly help: string;
}

/** @param program what `flotilla --help` prints, which lists the commands with a summary each */
export function commandsPage(program: string, commands: readonly CommandHelp[]): string {
  const index = commands.map(({ name }) => `[${name}](#flotilla-${name})`).join(" · ");
  const sections = commands.map(
    ({ name, help }) => `## flotilla ${name}\n\n${block(withoutGlobalOptions(help))}`,
  );
  const text = [
    "# Commands",
    "What `npx flotilla help` prints, and the help of each command. In a project of your own, write `npx flotilla`.",
    index,
    block(program),
    ...sections,
  ];
  return `${text.join("\n\n")}\n`;
}

/** They are the same for every command. */
function withoutGlobalOptions(help: string): string {
  return help.replace(/\nGlobal Options:\n(?: .*\n)+/, "");
}

function block(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\``;
}
