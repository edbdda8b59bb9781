/** The files of a live image for booting from the network: kernel, initrd, root file system. */
import { FormatError } from "../../../edge/formats/bytes.ts";
import type { ByteSource } from "../../../edge/formats/bytes.ts";
import { listDirectory, lookUp, openVolume } from "../../../edge/formats/iso9660.ts";
import type { Entry } from "../../../edge/formats/iso9660.ts";
import { blaming } from "../../../edge/iso/refusal.ts";

const folder = "IMAGES/PXEBOOT";

/** The files, with the names in the image, which are upper case. */
export function pxeFiles(name: string, source: ByteSource): readonly Entry[] {
  const blame = { file: name, remedy: "Give a live ISO of Fedora CoreOS.", context: [] };
  return blaming(blame, () => {
    const volume = openVolume(source);
    const directory = lookUp(volume, folder);
    if (typeof directory === "string") {
      throw new FormatError("This image has no files to boot from the network.", {
        reference: ["Unrecognized CoreOS ISO image.", directory],
      });
    }
    if (directory.kind !== "directory") {
      throw new FormatError("This image has no files to boot from the network.", {
        reference: [`entry ${directory.name} is a file`],
      });
    }
    return listDirectory(volume, directory).filter(({ kind }) => kind === "file");
  });
}
