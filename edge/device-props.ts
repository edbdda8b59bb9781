/** What a program that makes a device by itself can write wrong: the compiler sees it, and Node does not. */
import { architectures } from "../fleet/model/device.ts";
import { disksOf, type InstallDisk } from "../fleet/model/disk.ts";
import { requireKernelArguments } from "./additions.ts";
import type { ButaneFile } from "./butane/config.ts";

export interface CheckedProps {
  readonly architecture: string;
  readonly disk: InstallDisk | undefined;
  readonly kernelArguments?: readonly string[];
}

/** @throws Error at the line that makes the device */
export function requireDeviceProps({ architecture, disk, kernelArguments }: CheckedProps): void {
  const known: readonly string[] = architectures;
  if (!known.includes(architecture)) {
    throw new Error(
      `architecture: ${JSON.stringify(architecture)} is not one that K3s and Fedora CoreOS have. Write ${architectures.join(" or ")}.`,
    );
  }
  const wrong = disksOf(disk ?? "").filter((path) => !/^\/dev\/./.test(path));
  if (wrong.length > 0) {
    throw new Error(
      `disk: ${JSON.stringify(wrong[0])} is not a block device. Write its path, like /dev/sda, /dev/nvme0n1 or /dev/disk/by-id/….`,
    );
  }
  requireKernelArguments(kernelArguments ?? []);
}

/** @throws Error at the line of the part */
export function requireContents({ path, contents }: ButaneFile): void {
  const { inline, source } = (contents ?? {}) as { inline?: unknown; source?: unknown };
  if (typeof inline === "string" || typeof source === "string") return;
  throw new Error(
    `the path ${JSON.stringify(path)}: this file has no contents. Write contents: { inline: "text" }.`,
  );
}
