/** Help for `flotilla iso` and each of its commands. */
import { isoCommands } from "./commands.ts";
import type { IsoCommand } from "./commands.ts";

const examples: Readonly<Record<string, string>> = {
  customize:
    "flotilla iso customize --dest-device /dev/sda --dest-ignition device.ign -o new.iso live.iso",
  "ignition embed": "flotilla iso ignition embed -i device.ign -o new.iso live.iso",
  "ignition show": "flotilla iso ignition show new.iso",
  "ignition remove": "flotilla iso ignition remove new.iso",
  "network embed": "flotilla iso network embed -k lab.nmconnection -o new.iso live.iso",
  "network extract": "flotilla iso network extract -C keyfiles new.iso",
  "network remove": "flotilla iso network remove new.iso",
  "kargs modify": "flotilla iso kargs modify -a console=ttyS0,115200n8 -o new.iso live.iso",
  "kargs reset": "flotilla iso kargs reset new.iso",
  "kargs show": "flotilla iso kargs show new.iso",
  "extract pxe": "flotilla iso extract pxe -o pxe live.iso",
  "extract minimal-iso": "flotilla iso extract minimal-iso live.iso minimal.iso",
  reset: "flotilla iso reset new.iso",
};

const inPlace =
  "Without --output the image itself is changed; --output - writes to standard output.";

/** All commands, or those of a group such as `kargs`. */
export function groupHelp(group: string | undefined): string {
  const shown = isoCommands.filter(
    ({ name, isHidden }) => !isHidden && (group === undefined || name.startsWith(`${group} `)),
  );
  const rows = shown.map(({ name, about }) => [name, about] as const);
  return `Commands on a CoreOS live ISO image, with the arguments, the output and the exit codes of
coreos-installer 0.27.0: scripts that call \`coreos-installer iso\` run with \`flotilla iso\`.

Usage: flotilla iso ${group === undefined ? "" : `${group} `}<COMMAND>

Commands:
${columns(rows)}

Options:
  -h, --help  Print help
${group === undefined ? "" : `\n${inPlace}\n`}
Example:
  $ ${examples[shown[0]?.name ?? ""] ?? ""}
`;
}

export function commandHelp(command: IsoCommand, usage: string): string {
  const operands = command.operands.map(({ name, help, fallback }) => {
    return fallback === undefined
      ? ([`<${name}>`, help] as const)
      : ([`[${name}]`, `${help} [default: ${fallback}]`] as const);
  });
  const options = command.options.map(({ short, long, value, help }) => {
    const letter = short === undefined ? "   " : `-${short},`;
    return [`${letter} --${long}${value === undefined ? "" : ` <${value}>`}`, help] as const;
  });
  const changes = command.options.some(({ long }) => long === "output");
  const example = examples[command.name];
  return `${command.about}

Usage: ${usage}

Arguments:
${columns(operands)}

Options:
${columns([...options, ["-h, --help", "Print help"]])}
${changes ? `\n${inPlace}\n` : ""}${example === undefined ? "" : `\nExample:\n  $ ${example}\n`}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
