/** A console of Linux and of the boot loader: `tty0`, `ttyS1,115200n8`. */

/** The console is not valid. The message is that of coreos-installer. */
export class ConsoleError extends Error {
  override readonly name = "ConsoleError";
}

const serialPattern = /^(ttyS|ttyAMA)(\d+)(?:,(\d+)(?:([noe])([5-8])?)?)?$/;
const graphical: readonly string[] = ["tty0", "hvc0", "ttysclp0"];

/** The console with all its settings. A serial one has 9600 bits per second, no parity, 8 bits by default. */
export function parseConsole(text: string): string {
  for (const prefix of ["console=", "/dev/"]) {
    if (text.startsWith(prefix)) {
      throw new ConsoleError(`spec should not start with "${prefix}"`);
    }
  }
  const [, device, port, speed = "9600", parity = "n", bits = "8"] = serialPattern.exec(text) ?? [];
  if (device === undefined) {
    if (graphical.includes(text)) return text;
    throw new ConsoleError("invalid or unsupported console argument");
  }
  if (Number(port) > 255) throw new ConsoleError("couldn't parse port");
  if (Number(speed) >= 2 ** 32) throw new ConsoleError("couldn't parse speed");
  return `${device}${Number(port)},${Number(speed)}${parity}${bits}`;
}

/**
 * A hint to use the option for consoles, wrapped to 80 columns. Undefined if the arguments name no
 * console, or one that the option does not accept.
 */
export function consoleHint(
  kernelArguments: readonly string[],
  option: string,
  better: string,
): string | undefined {
  const consoles = kernelArguments
    .filter((argument) => argument.startsWith("console="))
    .map((argument) => argument.slice("console=".length));
  if (consoles.length === 0 || !consoles.every(isConsole)) return undefined;
  const all = (prefix: string) => consoles.map((each) => `${prefix}${each}`).join("\u00a0");
  const words =
    `Note: consider using "${all(`${better}\u00a0`)}" instead of ` +
    `"${all(`${option}\u00a0console=`)}" to configure both kernel and bootloader consoles.`;
  return wrapped(words.split(" "), 80).replaceAll("\u00a0", " ");
}

function isConsole(text: string): boolean {
  try {
    parseConsole(text);
    return true;
  } catch (error) {
    if (error instanceof ConsoleError) return false;
    throw error;
  }
}

/** Lines of at most `width` characters, unless a word is longer. */
function wrapped(words: readonly string[], width: number): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines.join("\n");
}
