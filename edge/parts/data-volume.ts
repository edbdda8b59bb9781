/**
 * A volume for data: another disk, or the rest of the boot disk behind a root of a fixed size. Ignition
 * takes it as it is if it has the partition and the file system already, and fails rather than replace
 * another partition, so an installation keeps what is on it. Ignition looks only at partitions: the live
 * system refuses a kept disk with a file system and no partition.
 *
 * It is found by the label of its partition. A device whose volume does not mount still starts, and
 * K3s waits for it: no pod writes to the folder below.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import { data as dataSchema } from "../../fleet/grammar/disk-schemas.ts";
import type { Mistake } from "../../fleet/grammar/mistakes.ts";
import type { Source } from "../../fleet/grammar/source.ts";
import { dataPartitionLabel } from "../../fleet/model/disk.ts";
import type { ButaneDisk } from "../butane/config.ts";
import { mountUnitName } from "../butane/mount-units.ts";
import { dataMistakes } from "../../fleet/resolve/machine/data.ts";
import { EdgeDevice } from "../device.ts";
import { inProps, propsOf, requireProps } from "../props.ts";

export interface DataVolumeProps {
  /** A block device by a name that stays, `/dev/disk/by-id/…`. @default the rest of the boot disk */
  readonly disk?: string;
  /** The size of the root, where the volume is on the boot disk. @default 32 GiB */
  readonly rootMiB?: number;
  /** Where it is mounted, in /var. */
  readonly path: string;
  /** Whether an installation keeps what is on it. @default true */
  readonly keep?: boolean;
  /** @default "xfs" */
  readonly filesystem?: "xfs" | "ext4";
}

const bootDisk = "/dev/disk/by-id/coreos-boot-disk";
const volume = `/dev/disk/by-partlabel/${dataPartitionLabel}`;

/** Fedora CoreOS has partitions 1 to 4, of which 4 is the root. */
const [rootNumber, dataNumber] = [4, 5];

const rootMiBDefault = 32_768;

const fields = propsOf(dataSchema);

const schema = z.object({
  disk: fields.disk,
  rootMiB: z
    .int()
    .min(1)
    .max(2 ** 31)
    .optional(),
  path: fields.path.unwrap(),
  keep: fields.keep,
  filesystem: fields.filesystem,
});

export class DataVolume extends Construct {
  constructor(scope: Construct, id: string, props: DataVolumeProps) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    requireProps(this, props, schema, (source) => volumeMistakes(source, props, device));
    const { disk, path, keep = true, filesystem = "xfs" } = props;
    device.addDisk(this, partitions(props));
    device.addFilesystem(this, {
      device: volume,
      format: filesystem,
      path,
      wipe_filesystem: !keep,
    });
    const text = (file: string) =>
      sourceText(`edge/parts/data-volume/${file}`)
        .replaceAll("@PATH@", path)
        .replaceAll("@FILESYSTEM@", filesystem);
    const unit = { name: mountUnitName(path), enabled: true, contents: text("data.mount") };
    device.addUnit(this, unit);
    device.addFile(this, {
      path: "/etc/systemd/system/k3s.service.d/flotilla-data.conf",
      mode: 0o644,
      contents: { inline: text("k3s.conf") },
    });
    if (disk !== undefined) device.keepData(this, { disk, isKept: keep });
    else if (keep) device.keepData(this, { partitionLabel: dataPartitionLabel });
    this.node.addValidation({ validate: () => (keep ? hiddenPaths(device, path) : []) });
  }
}

/** By the rules for `data` of a fleet file, whose `rootSize` is `rootMiB` here. */
function volumeMistakes(
  source: Source,
  { disk, rootMiB, path }: DataVolumeProps,
  device: EdgeDevice,
): Mistake[] {
  const root = disk === undefined ? (rootMiB ?? rootMiBDefault) : rootMiB;
  const given = {
    path,
    ...(disk !== undefined && { disk }),
    ...(root !== undefined && { rootSize: `${root}Mi` }),
  };
  const found = dataMistakes(inProps(source, given, [], { rootSize: "rootMiB" }), device.disk);
  return found.map((each) => ({
    ...each,
    message: each.message.replaceAll("rootSize", "rootMiB"),
  }));
}

function partitions({ disk, rootMiB = rootMiBDefault, keep = true }: DataVolumeProps): ButaneDisk {
  const label = dataPartitionLabel;
  if (disk !== undefined) {
    return { device: disk, wipe_table: !keep, partitions: [{ number: 1, label }] };
  }
  const root = { number: rootNumber, label: "root", size_mib: rootMiB, resize: true } as const;
  const data = { number: dataNumber, label, size_mib: 0 };
  return { device: bootDisk, wipe_table: false, partitions: [root, data] };
}

/** Ignition does not replace a file that is there, and fails. */
function hiddenPaths(device: EdgeDevice, path: string): string[] {
  return [...device.owners.paths]
    .filter(([each]) => each.startsWith(`${path}/`))
    .map(
      ([each, part]) =>
        `${part} writes ${each}, and the data in ${path} is kept. Keep another folder.`,
    );
}
