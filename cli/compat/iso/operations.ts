/** What each command of `flotilla iso` does. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../../fleet/files/folder.ts";
import type { Patch } from "../../../edge/formats/bytes.ts";
import { parseConsole } from "../coreos-installer/console.ts";
import { customizePatches } from "../coreos-installer/customize.ts";
import { kernelArgumentPatches } from "../../../edge/iso/kernel-arguments.ts";
import { embeddedIgnition, embedIgnition, removeIgnition } from "../../../edge/iso/ignition.ts";
import { changedArguments, requireKernelArguments } from "../coreos-installer/kernel-arguments.ts";
import { openLiveImage } from "../coreos-installer/live-image.ts";
import type { LiveImage } from "../coreos-installer/live-image.ts";
import { embedNetwork, networkFiles, removeNetwork } from "../coreos-installer/network.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";
import { resetPatches } from "../../../edge/iso/reset.ts";
import type { Parsed } from "./arguments.ts";
import { withIsoFile, writeIsoFile } from "./iso-file.ts";
import { fileName, namedFile, readNamed, accessing } from "./named-files.ts";
import type { Streams } from "./streams.ts";

export type Operation = (args: Parsed, streams: Streams) => Promise<void>;

export const embed: Operation = async (args, streams) => {
  const path = args.value("ignition-file") ?? args.value("config");
  const config = path === undefined ? streams.standardInput() : readNamed({ path });
  await change(args, streams, (image) =>
    embedIgnition(image, config, { force: args.has("force") }),
  );
};

export const show: Operation = (args, streams) =>
  inspect(args, (image) => {
    const config = embeddedIgnition(image);
    if (config === undefined) throw new Refusal(image.name, "No embedded Ignition config.");
    streams.out(config);
  });

export const remove: Operation = (args, streams) => change(args, streams, removeIgnition);

export const modifyArguments: Operation = (args, streams) =>
  change(args, streams, (image) => {
    const found = requireKernelArguments(image, image.kernelArguments);
    const changes = {
      append: args.values("append"),
      delete: args.values("delete"),
      replace: args.values("replace"),
    };
    const text = changedArguments(found.current, changes, image.name);
    return kernelArgumentPatches(image, found, text);
  });

export const resetArguments: Operation = (args, streams) =>
  change(args, streams, (image) => {
    const found = requireKernelArguments(image, image.kernelArguments);
    return kernelArgumentPatches(image, found, found.original);
  });

export const showArguments: Operation = (args, streams) =>
  inspect(args, (image) => {
    const found = requireKernelArguments(image, image.kernelArguments);
    streams.out(`${args.has("default") ? found.original : found.current}\n`);
  });

export const embedKeyfiles: Operation = (args, streams) =>
  change(args, streams, (image) => {
    const keyfiles = args.values("keyfile").map(namedFile);
    return embedNetwork(image, keyfiles, { force: args.has("force"), read: readNamed });
  });

export const removeKeyfiles: Operation = (args, streams) => change(args, streams, removeNetwork);

export const extractKeyfiles: Operation = (args, streams) =>
  inspect(args, (image) => {
    const files = networkFiles(image);
    if (files.size === 0) throw new Refusal(image.name, "No embedded network settings.");
    const folder = args.value("directory");
    if (folder === undefined) {
      let isFirst = true;
      for (const [path, data] of files) {
        streams.out(`${isFirst ? "" : "\n"}########## ${fileName(path)} ##########\n`);
        streams.out(data);
        isFirst = false;
      }
      return;
    }
    accessing(folder, [], () => makeFolder(folder));
    for (const [path, data] of files) {
      const target = join(folder, fileName(path));
      accessing(target, [`opening ${target}`], () => writeFileSync(target, data, { flag: "wx" }));
      streams.out(`${target}\n`);
    }
  });

export const customize: Operation = (args, streams) =>
  change(args, streams, (image) => {
    const files = (option: string) => args.values(option).map(namedFile);
    return customizePatches(
      image,
      {
        destinationIgnition: files("dest-ignition"),
        destinationDevice: args.value("dest-device"),
        destinationConsoles: args.values("dest-console").map(parseConsole),
        destinationArguments: {
          append: args.values("dest-karg-append"),
          delete: args.values("dest-karg-delete"),
        },
        networkKeyfiles: files("network-keyfile"),
        authorities: files("ignition-ca"),
        preInstall: files("pre-install"),
        postInstall: files("post-install"),
        installerConfigs: files("installer-config"),
        liveIgnition: files("live-ignition"),
        liveArguments: {
          append: args.values("live-karg-append"),
          delete: args.values("live-karg-delete"),
          replace: args.values("live-karg-replace"),
        },
        force: args.has("force"),
      },
      { read: readNamed, notice: streams.error },
    );
  });

export const reset: Operation = (args, streams) => change(args, streams, resetPatches);

/** Wraps an operation for the old name of its command. */
export function deprecated(old: string, now: string, operation: Operation): Operation {
  return async (args, streams) => {
    streams.error(`\`iso ${old}\` is deprecated; use \`iso ignition ${now}\`.  Continuing.`);
    await operation(args, streams);
  };
}

async function inspect(args: Parsed, use: (image: LiveImage) => void): Promise<void> {
  const path = args.operand("ISO");
  await withIsoFile(path, "r", (file) => use(openLiveImage(path, file.source)));
}

async function change(
  args: Parsed,
  streams: Streams,
  patchesOf: (image: LiveImage) => readonly Patch[],
): Promise<void> {
  const path = args.operand("ISO");
  const output = args.value("output");
  await withIsoFile(path, output === undefined ? "r+" : "r", (file) =>
    writeIsoFile(file, patchesOf(openLiveImage(path, file.source)), output, streams),
  );
}
