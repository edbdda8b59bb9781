/**
 * The fields of `storage`. Source: the published specifications of Butane fcos 1.0 to 1.7 and of
 * Ignition 3.0 to 3.6.
 */
import { checkDisk, checkFilesystem, checkLuks, checkPartition, checkRaid } from "./checks-disk.ts";
import {
  checkClevisCustom,
  checkHeader,
  checkIdentity,
  checkDirectory,
  checkFile,
  checkNode,
  checkReference,
  checkRequiredReference,
  checkResource,
  checkTang,
  checkVerification,
} from "./checks.ts";
import { checkStorage } from "./checks-storage.ts";
import { completeReference, completeResource, completeSingleReference } from "./completion.ts";
import { butaneOnly, byField, field, listOf, required, shape, texts } from "./schema.ts";
import type { Field, Type } from "./schema.ts";
import {
  checkConfigSources,
  checkDecimalMode,
  checkMountUnit,
  checkSources,
  checkTreeSource,
} from "./source-checks.ts";
import { since } from "./versions.ts";

const identityFields = [field("id", "integer"), field("name", "string")];
const nodeUser = shape("NodeUser", identityFields, { check: checkIdentity });
const nodeGroup = shape("NodeGroup", identityFields, { check: checkIdentity });

const verification = shape("Verification", [field("hash", "string")], { check: checkVerification });

const header = shape("HTTPHeader", [required("name"), field("value", "string")], {
  key: byField("name"),
  check: checkHeader,
});

const resourceFields = [
  field("compression", "string"),
  field("http_headers", listOf(header, "HTTPHeaders"), { since: 1 }),
  field("source", "string"),
  butaneOnly("inline", "string"),
  butaneOnly("local", "string", 1),
  field("verification", verification),
];

const resourceOptions = {
  key: byField("source"),
  sourceCheck: checkSources,
  complete: completeResource,
  check: checkResource,
};

export const resource = shape("Resource", resourceFields, resourceOptions);

const fileContents = shape("FileContents", resourceFields, resourceOptions);

const referenceFields = [field("source", "string"), field("verification", verification)];
const referenceOptions = { key: byField("source"), check: checkReference };

/** In versions without resources: a remote Ignition configuration, in a list and alone. */
export const configReference = shape("ConfigReference", referenceFields, {
  ...referenceOptions,
  complete: completeReference,
});
export const singleConfigReference = shape("ConfigReference", referenceFields, {
  ...referenceOptions,
  complete: completeSingleReference,
});

/** The same for certificates. */
export const authorityReference = shape(
  "CaReference",
  [required("source"), field("verification", verification)],
  { key: byField("source"), check: checkRequiredReference },
);

/** A field of resources, which had another type in earlier versions. */
export function resourceField(name: string, before: Type, after: Type): readonly Field[] {
  return [
    field(name, before, { until: since.resources }),
    field(name, after, { since: since.resources }),
  ];
}

/** A resource that is an Ignition configuration. */
export const configResource = shape("Resource", resourceFields, {
  ...resourceOptions,
  sourceCheck: checkConfigSources,
});

/** The fields that files, directories and links share. */
const nodeFields: readonly Field[] = [
  field("group", nodeGroup),
  field("overwrite", "boolean"),
  required("path"),
  field("user", nodeUser),
];

const directory = shape("Directory", [...nodeFields, field("mode", "integer")], {
  key: byField("path"),
  sourceCheck: checkDecimalMode(true),
  check: checkDirectory,
});

const file = shape(
  "File",
  [
    ...nodeFields,
    ...resourceField("append", listOf(fileContents), listOf(resource)),
    ...resourceField("contents", fileContents, resource),
    field("mode", "integer"),
  ],
  {
    key: byField("path"),
    repeatable: ["append"],
    sourceCheck: checkDecimalMode(false),
    check: checkFile,
  },
);

const link = shape(
  "Link",
  [
    ...nodeFields,
    field("hard", "boolean"),
    { ...required("target"), until: since.optionalTarget },
    field("target", "string", { since: since.optionalTarget }),
  ],
  { key: byField("path"), check: checkNode },
);

const partition = shape(
  "Partition",
  [
    field("guid", "string"),
    field("label", "string"),
    field("number", "integer", { written: "filled" }),
    field("resize", "boolean", { since: 2 }),
    field("should_exist", "boolean"),
    field("size_mib", "integer"),
    field("start_mib", "integer"),
    field("type_guid", "string"),
    field("wipe_partition_entry", "boolean"),
  ],
  {
    key: ({ number, label }) =>
      number !== undefined ? `number:${number}` : label !== undefined ? `label:${label}` : "",
    check: checkPartition,
  },
);

const disk = shape(
  "Disk",
  [required("device"), field("partitions", listOf(partition)), field("wipe_table", "boolean")],
  { key: byField("device"), check: checkDisk },
);

const filesystem = shape(
  "Filesystem",
  [
    required("device"),
    field("format", "string"),
    field("label", "string"),
    field("mount_options", texts(), { since: 1 }),
    field("options", texts()),
    field("path", "string"),
    field("uuid", "string"),
    field("wipe_filesystem", "boolean"),
    butaneOnly("with_mount_unit", "boolean", 1),
  ],
  {
    key: byField("device"),
    repeatable: ["options", "mountOptions"],
    sourceCheck: checkMountUnit,
    check: checkFilesystem,
  },
);

export const cex = shape("Cex", [field("enabled", "boolean")]);

export const tang = shape(
  "Tang",
  [
    field("advertisement", "string", { since: 5 }),
    field("thumbprint", "string"),
    field("url", "string", { written: "filled" }),
  ],
  { key: byField("url"), check: checkTang },
);

const clevisCustom = shape(
  "ClevisCustom",
  [field("config", "string"), field("needs_network", "boolean"), field("pin", "string")],
  { check: checkClevisCustom },
);

const clevis = shape("Clevis", [
  field("custom", clevisCustom),
  field("tang", listOf(tang)),
  field("threshold", "integer"),
  field("tpm2", "boolean"),
]);

const luks = shape(
  "Luks",
  [
    field("cex", cex, { since: 6 }),
    field("clevis", clevis),
    field("device", "string"),
    field("discard", "boolean", { since: 5 }),
    field("key_file", resource),
    field("label", "string"),
    required("name"),
    field("open_options", texts(), { since: 5 }),
    field("options", texts()),
    field("uuid", "string"),
    field("wipe_volume", "boolean"),
  ],
  { key: byField("name"), repeatable: ["options"], check: checkLuks },
);

const raid = shape(
  "Raid",
  [
    field("devices", texts("Device")),
    field("level", "string"),
    required("name"),
    field("options", texts()),
    field("spares", "integer"),
  ],
  { key: byField("name"), repeatable: ["options"], check: checkRaid },
);

const tree = shape(
  "Tree",
  [
    field("group", nodeGroup, { since: 7 }),
    field("local", "string", { written: "filled" }),
    field("path", "string"),
    field("user", nodeUser, { since: 7 }),
    field("file_mode", "integer", { since: 7 }),
    field("dir_mode", "integer", { since: 7 }),
  ],
  { sourceCheck: checkTreeSource },
);

export const storage = shape(
  "Storage",
  [
    field("directories", listOf(directory)),
    field("disks", listOf(disk)),
    field("files", listOf(file)),
    field("filesystems", listOf(filesystem)),
    field("links", listOf(link)),
    field("luks", listOf(luks), { since: 2 }),
    field("raid", listOf(raid)),
    butaneOnly("trees", listOf(tree), 1),
  ],
  { disjoint: ["directories", "files", "links"], check: checkStorage },
);
