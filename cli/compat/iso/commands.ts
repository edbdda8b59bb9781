/** The commands of `flotilla iso`, as a table: their names, arguments and help. */
import { ConsoleError, parseConsole } from "../coreos-installer/console.ts";
import type { Operand, Option } from "./arguments.ts";
import { extractMinimal, extractPxe } from "./extract.ts";
import {
  customize,
  deprecated,
  embed,
  embedKeyfiles,
  extractKeyfiles,
  modifyArguments,
  remove,
  removeKeyfiles,
  reset,
  resetArguments,
  show,
  showArguments,
} from "./operations.ts";
import type { Operation } from "./operations.ts";

export interface IsoCommand {
  /** `kargs modify`. */
  readonly name: string;
  readonly about: string;
  readonly options: readonly Option[];
  readonly operands: readonly Operand[];
  readonly run: Operation;
  /** An old name, which the help does not list. */
  readonly isHidden?: boolean;
}

const output: Option = {
  long: "output",
  short: "o",
  value: "path",
  help: "Write ISO to a new output file",
};
const outputUpper: Option = { ...output, value: "PATH" };
const force = (help: string): Option => ({ long: "force", short: "f", help });
const iso: Operand = { name: "ISO", help: "ISO image" };

const path = (long: string, help: string): Option => ({ long, value: "path", isList: true, help });
const argument = (long: string, help: string): Option => ({
  long,
  value: "arg",
  isList: true,
  help,
});
const kernelArgument = (long: string, value: string, help: string): Option => ({
  long,
  short: long.slice(0, 1),
  value,
  isList: true,
  help,
});

function consoleMistake(text: string): string | undefined {
  try {
    parseConsole(text);
    return undefined;
  } catch (error) {
    if (error instanceof ConsoleError) return error.message;
    throw error;
  }
}

const customizeOptions: readonly Option[] = [
  path("dest-ignition", "Ignition config fragment for dest sys"),
  { long: "dest-device", value: "path", help: "Install destination device" },
  {
    long: "dest-console",
    value: "spec",
    isList: true,
    help: "Kernel and bootloader console for dest",
    check: consoleMistake,
  },
  argument("dest-karg-append", "Destination kernel argument to append"),
  argument("dest-karg-delete", "Destination kernel argument to delete"),
  path("network-keyfile", "NetworkManager keyfile for live & dest"),
  {
    ...path("network-nmstate", "Not supported: make keyfiles by nmstatectl gc"),
    // Exact keyfiles need nmstate itself: its defaults change with each release.
    check: () =>
      "nmstate is not supported; convert it to NetworkManager keyfiles (nmstatectl gc <path>) " +
      "and give each with --network-keyfile <path>",
  },
  path("ignition-ca", "Ignition PEM CA bundle for live & dest"),
  path("pre-install", "Script to run before installation"),
  path("post-install", "Script to run after installation"),
  path("installer-config", "Installer config file"),
  path("live-ignition", "Ignition config fragment for live env"),
  argument("live-karg-append", "Live kernel argument to append"),
  argument("live-karg-delete", "Live kernel argument to delete"),
  { ...argument("live-karg-replace", "Live kernel argument to replace"), value: "k=o=n" },
  force("Overwrite existing customizations"),
  output,
];

const embedOptions = (file: Option): readonly Option[] => [
  force("Overwrite an existing Ignition config"),
  file,
  output,
];

/** In the order of the help. */
export const isoCommands: readonly IsoCommand[] = [
  {
    name: "customize",
    about: "Customize a CoreOS live ISO image",
    options: customizeOptions,
    operands: [iso],
    run: customize,
  },
  {
    name: "ignition embed",
    about: "Embed an Ignition config in an ISO image",
    options: embedOptions({
      long: "ignition-file",
      short: "i",
      value: "path",
      help: "Ignition config to embed [default: stdin]",
    }),
    operands: [iso],
    run: embed,
  },
  {
    name: "ignition show",
    about: "Show the embedded Ignition config from an ISO image",
    options: [],
    operands: [iso],
    run: show,
  },
  {
    name: "ignition remove",
    about: "Remove an existing embedded Ignition config from an ISO image",
    options: [output],
    operands: [iso],
    run: remove,
  },
  {
    name: "network embed",
    about: "Embed network settings in an ISO image",
    options: [
      {
        long: "keyfile",
        short: "k",
        value: "path",
        isList: true,
        isRequired: true,
        help: "NetworkManager keyfile to embed",
      },
      force("Overwrite existing network settings"),
      output,
    ],
    operands: [iso],
    run: embedKeyfiles,
  },
  {
    name: "network extract",
    about: "Extract embedded network settings from an ISO image",
    options: [
      {
        long: "directory",
        short: "C",
        value: "path",
        help: "Extract to directory instead of stdout",
      },
    ],
    operands: [iso],
    run: extractKeyfiles,
  },
  {
    name: "network remove",
    about: "Remove existing network settings from an ISO image",
    options: [output],
    operands: [iso],
    run: removeKeyfiles,
  },
  {
    name: "kargs modify",
    about: "Modify kernel args in an ISO image",
    options: [
      kernelArgument("append", "KARG", "Kernel argument to append"),
      kernelArgument("delete", "KARG", "Kernel argument to delete"),
      kernelArgument("replace", "KARG=OLDVAL=NEWVAL", "Kernel argument to replace"),
      outputUpper,
    ],
    operands: [iso],
    run: modifyArguments,
  },
  {
    name: "kargs reset",
    about: "Reset kernel args in an ISO image to defaults",
    options: [outputUpper],
    operands: [iso],
    run: resetArguments,
  },
  {
    name: "kargs show",
    about: "Show kernel args from an ISO image",
    options: [{ long: "default", short: "d", help: "Show default kernel args" }],
    operands: [iso],
    run: showArguments,
  },
  {
    name: "extract pxe",
    about: "Extract PXE files from an ISO image",
    options: [
      { long: "output-dir", short: "o", value: "PATH", help: "Output directory [default: .]" },
    ],
    operands: [iso],
    run: extractPxe,
  },
  {
    name: "extract minimal-iso",
    about: "Extract a minimal ISO from a CoreOS live ISO image",
    options: [
      { long: "output-rootfs", value: "PATH", help: "Extract rootfs image as well" },
      { long: "rootfs-url", value: "URL", help: "Inject rootfs URL karg into minimal ISO" },
    ],
    operands: [iso, { name: "OUTPUT_ISO", help: "Minimal ISO output file", fallback: "-" }],
    run: extractMinimal,
  },
  {
    name: "reset",
    about: "Restore a CoreOS live ISO image to default settings",
    options: [output],
    operands: [iso],
    run: reset,
  },
  {
    name: "embed",
    about: "Embed an Ignition config in an ISO image",
    options: embedOptions({
      long: "config",
      short: "c",
      value: "path",
      help: "Ignition config to embed [default: stdin]",
    }),
    operands: [iso],
    run: deprecated("embed", "embed", embed),
    isHidden: true,
  },
  {
    name: "show",
    about: "Show the embedded Ignition config from an ISO image",
    options: [],
    operands: [iso],
    run: deprecated("show", "show", show),
    isHidden: true,
  },
  {
    name: "remove",
    about: "Remove an existing embedded Ignition config from an ISO image",
    options: [output],
    operands: [iso],
    run: deprecated("remove", "remove", remove),
    isHidden: true,
  },
];
