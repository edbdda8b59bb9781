/**
 * Text for systemd unit files, where `%` begins a specifier everywhere, and `$`, quotes, backslashes
 * and white space mean something on command lines. Source: systemd.unit(5), systemd.service(5).
 */

/** For settings that take free text, as Description=. */
export function systemdText(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One command-line argument of Exec…=, quoted; any characters but line breaks and NUL. */
export function systemdArgument(argument: string): string {
  const inert = argument.replaceAll("%", "%%").replaceAll("$", () => "$$");
  if (/^[\w%$/.,:=@+-]+$/.test(inert)) return inert;
  return `"${inert.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A whole command line; the program's path must be absolute. */
export function systemdCommand(program: string, ...commandArguments: readonly string[]): string {
  return [program, ...commandArguments.map(systemdArgument)].join(" ");
}
