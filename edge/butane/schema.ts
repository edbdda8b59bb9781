/**
 * Every field that the translator knows, as data: its name in Butane and in Ignition, its type, and
 * the first minor version of the fcos variant that has it. Fields stand in the order in which
 * Ignition's JSON has them.
 *
 * Source: the published specifications of Butane fcos 1.0 to 1.7 and of Ignition 3.0 to 3.6.
 * Fields of type `unsupported` are known and refused: nothing is dropped without a word.
 */
import {
  checkDropin,
  checkFile,
  checkIdentity,
  checkMode,
  checkPath,
  checkResource,
  checkUnit,
  checkVerification,
  type Check,
  distinct,
} from "./checks.ts";
import { completeResource, type Completion } from "./resource.ts";

export type Type = "string" | "integer" | "boolean" | "unsupported" | ListType | Shape;

export interface ListType {
  readonly items: "string" | Shape;
}

export interface Field {
  /** Butane's name. */
  readonly name: string;
  /** Ignition's name; null where `complete` makes something else of the field. */
  readonly output: string | null;
  readonly since: number;
  readonly type: Type;
  /** Always written, as an empty string where nobody gave one. */
  readonly required: boolean;
}

export interface Shape {
  readonly fields: readonly Field[];
  /** Makes output fields of those fields that Ignition doesn't have. */
  readonly complete?: Completion;
  /** What Ignition demands of the finished object. */
  readonly checks: readonly Check[];
}

function field(name: string, type: Type, since = 0): Field {
  return { name, output: camelCase(name), since, type, required: false };
}

function required(name: string): Field {
  return { ...field(name, "string"), required: true };
}

function unsupported(name: string, since = 0): Field {
  return field(name, "unsupported", since);
}

function shape(fields: readonly Field[], checks: readonly Check[] = []): Shape {
  return { fields, checks };
}

function listOf(items: "string" | Shape): ListType {
  return { items };
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const identity = shape([field("id", "integer"), field("name", "string")], [checkIdentity]);

const verification = shape([field("hash", "string")], [checkVerification]);

const resource: Shape = {
  fields: [
    field("compression", "string"),
    unsupported("http_headers", 1),
    field("source", "string"),
    field("verification", verification),
    { ...field("inline", "string"), output: null },
    unsupported("local", 1),
  ],
  complete: completeResource,
  checks: [checkResource],
};

/** What files, directories and links share. */
const nodeFields: readonly Field[] = [
  field("group", identity),
  field("overwrite", "boolean"),
  required("path"),
  field("user", identity),
];

const directory = shape([...nodeFields, field("mode", "integer")], [checkPath, checkMode]);

const file = shape(
  [
    ...nodeFields,
    field("append", listOf(resource)),
    field("contents", resource),
    field("mode", "integer"),
  ],
  [checkPath, checkMode, checkFile],
);

const link = shape(
  [...nodeFields, field("hard", "boolean"), field("target", "string")],
  [checkPath],
);

const storage = shape(
  [
    field("directories", listOf(directory)),
    unsupported("disks"),
    field("files", listOf(file)),
    unsupported("filesystems"),
    field("links", listOf(link)),
    unsupported("luks", 2),
    unsupported("raid"),
    unsupported("trees", 1),
  ],
  [distinct("path", "directories", "files", "links")],
);

const dropin = shape(
  [field("contents", "string"), required("name"), unsupported("contents_local", 5)],
  [checkDropin],
);

const unit = shape(
  [
    field("contents", "string"),
    field("dropins", listOf(dropin)),
    field("enabled", "boolean"),
    field("mask", "boolean"),
    required("name"),
    unsupported("contents_local", 5),
  ],
  [checkUnit, distinct("name", "dropins")],
);

const user = shape(
  [
    field("gecos", "string"),
    field("groups", listOf("string")),
    field("home_dir", "string"),
    required("name"),
    field("no_create_home", "boolean"),
    field("no_log_init", "boolean"),
    field("no_user_group", "boolean"),
    field("password_hash", "string"),
    field("primary_group", "string"),
    field("ssh_authorized_keys", listOf("string")),
    field("shell", "string"),
    field("should_exist", "boolean", 2),
    field("system", "boolean"),
    field("uid", "integer"),
    unsupported("ssh_authorized_keys_local", 5),
  ],
  [distinct(null, "groups"), distinct(null, "sshAuthorizedKeys")],
);

const passwd = shape(
  [unsupported("groups"), field("users", listOf(user))],
  [distinct("name", "users")],
);

const kernelArguments = shape(
  [field("should_exist", listOf("string")), field("should_not_exist", listOf("string"))],
  [distinct(null, "shouldExist", "shouldNotExist")],
);

const systemd = shape([field("units", listOf(unit))], [distinct("name", "units")]);

const header = ["variant", "version"].map((name) => ({ ...field(name, "string"), output: null }));

/** The whole configuration; `ignition.version` is written before its fields. */
export const configuration = shape([
  ...header,
  unsupported("ignition"),
  field("kernel_arguments", kernelArguments, 4),
  field("passwd", passwd),
  field("storage", storage),
  field("systemd", systemd),
  unsupported("boot_device", 3),
  unsupported("grub", 5),
]);
