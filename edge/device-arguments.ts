/**
 * Checks what a part gives to the methods of its device, at the line of the part: the compiler sees most mistakes,
 * and Node does not. What the types require must be there. Beside it, the fields of Butane that have no type here
 * are accepted, except those that a device does not keep.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { show, showType } from "../fleet/grammar/check.ts";
import { InputError, type Mistake } from "../fleet/grammar/mistakes.ts";
import { argumentMistakes } from "../fleet/grammar/program-values.ts";
import { text } from "../fleet/grammar/value-schemas.ts";
import { userNamePattern } from "../fleet/model/names.ts";
import { isMapping } from "../fleet/model/values.ts";
import { certificateProblem } from "../fleet/resolve/machine/trusted-files.ts";
import type { Kind } from "./additions.ts";
import { mistakeInPath } from "./butane/checks.ts";
import { unitExtensions } from "./butane/checks-unit.ts";
import { objectSchema } from "./butane/object-schema.ts";
import { isDecimalMode } from "./butane/source-checks.ts";
import { mistakeInUrl, parseUrl } from "./butane/url.ts";
import { versionOf, type Version } from "./butane/versions.ts";
import { butaneVersion } from "./device-config.ts";
import { blockDeviceProblem, kernelArgument } from "./device-props.ts";
import { isChecked } from "./props.ts";

const version = versionOf(butaneVersion) as Version;

/** Completes the message on a value of another type. It can be a secret, which no message repeats. */
const instead =
  (what: string) =>
  ({ input }: { readonly input?: unknown }) =>
    `found ${showType(input)}. Write ${what}.`;

const secret = z.string({ error: instead("text") });

/** A private key by mistake has several lines, which no message repeats. */
const line = text((value) => {
  if (value === "") return "this is empty. Write a text.";
  return /[\p{Cc}\u2028\u2029]/u.test(value)
    ? "this text has control characters or more than one line. Write it in one line."
    : undefined;
});

const path = text(pathProblem);

function pathProblem(value: string): string | undefined {
  const mistake = value.includes("\0") ? "path contains a NUL byte" : mistakeInPath(value);
  if (mistake === undefined && value !== "/") return undefined;
  return `the path ${JSON.stringify(value)}: ${mistake ?? "this is the root directory"}. Write an absolute path without "." and "..", like /etc/till.conf.`;
}

const device = text((value) => blockDeviceProblem(value) ?? pathProblem(value));

const octal = (mode: number) => `0o${mode.toString(8)}`;

/** @param usual what to write for example */
function permissions(usual: string, isDirectory: boolean) {
  return z
    .int({
      error: ({ input }) =>
        `found ${show(input)}. Write the permissions as an octal number without quotes, like ${usual}.`,
    })
    .check(({ value, issues }) => {
      const isDecimal = isDecimalMode(value, isDirectory);
      if (value >= 0 && value <= 0o777 && !isDecimal) return;
      const message = isDecimal
        ? `found ${value}, which is ${octal(value)}. Write the octal number: 0o${value}.`
        : `found ${value < 0 ? value : octal(value)}. Ignition sets permissions up to 0o777. Write them like ${usual}.`;
      issues.push({ code: "custom", message, input: value });
    });
}

const noContents = 'this file has no contents. Write contents: { inline: "text" }.';

const url = z.string({ error: instead("a URL as text") }).check(({ value, issues }) => {
  const mistake = value === "" ? "it is empty" : mistakeInUrl(value, version);
  if (mistake === undefined) return;
  const message = `this is not a URL that Ignition can download (${mistake}). Write one like https://mirror.example.com/k3s.`;
  issues.push({ code: "custom", message, input: "" });
});

const hash = text((value) =>
  /^(sha256-[0-9A-Fa-f]{64}|sha512-[0-9A-Fa-f]{128})$/.test(value)
    ? undefined
    : `${JSON.stringify(value)} is not a hash. Write sha256- and 64 hexadecimal digits.`,
);

/** A file's contents, which are inline or downloaded. */
const contents = objectSchema(
  version,
  ["storage", "files", "contents"],
  {
    inline: secret.optional(),
    source: url.optional(),
    verification: z.strictObject({ hash: hash.optional() }).optional(),
  },
  noContents,
).check(({ value, issues }) => {
  const message = contentsProblem(value);
  if (message !== undefined) issues.push({ code: "custom", message, input: "" });
});

interface Contents {
  readonly inline?: string;
  readonly source?: string;
  readonly verification?: { readonly hash?: string };
}

function contentsProblem({ inline, source, verification }: Contents): string | undefined {
  if (inline === undefined && source === undefined) return noContents;
  if (inline !== undefined && source !== undefined) {
    return "this file has inline and source. Delete one of them.";
  }
  if (source === undefined || source.startsWith("data:") || verification?.hash) return undefined;
  return 'nothing verifies this download. Write verification: { hash: "sha256-…" } beside source.';
}

/** An owner is not among what a device keeps of a file, see replacing-file.ts. */
const file = z.strictObject({
  path,
  mode: permissions("0o644", false),
  contents,
  overwrite: z.literal(true).optional(),
});

const directory = objectSchema(version, ["storage", "directories"], {
  path,
  mode: permissions("0o755", true),
});

const link = objectSchema(version, ["storage", "links"], { path, target: line });

/** As systemd names the kinds of units. It has no snapshots any more. */
const unitKinds = [...unitExtensions].filter((each) => each !== ".snapshot");
const unitPattern = new RegExp(
  `^[A-Za-z0-9:_.\\\\-][A-Za-z0-9:_.\\\\@-]*(${unitKinds.join("|").replaceAll(".", "\\.")})$`,
);

const unitName = text((value) =>
  value.length < 256 && unitPattern.test(value)
    ? undefined
    : `the unit ${JSON.stringify(value)}: systemd does not accept this name. Write letters, digits and :-_.\\@ with one of ${unitKinds.join(", ")} at the end, like till.service.`,
);

const unit = objectSchema(version, ["systemd", "units"], {
  name: unitName,
  enabled: z.boolean().optional(),
  contents: secret.optional(),
});

const userName = text((value) =>
  userNamePattern.test(value)
    ? undefined
    : `the user ${JSON.stringify(value)}: this is not a valid user name. Write lower-case letters, digits, hyphens and underscores, starting with a letter.`,
);

const user = objectSchema(version, ["passwd", "users"], {
  name: userName,
  ssh_authorized_keys: z.array(line).optional(),
  password_hash: secret.optional(),
  groups: z.array(line).optional(),
});

const bootDevice = objectSchema(version, ["boot_device"], {
  layout: z.enum(["x86_64", "aarch64", "ppc64le"]).optional(),
  mirror: z
    .strictObject({
      devices: z
        .array(device)
        .min(2, { error: "a mirror needs at least two disks. Write two paths, or omit mirror." }),
    })
    .optional(),
});

const count = z.int().min(0);

const disk = objectSchema(version, ["storage", "disks"], {
  device,
  wipe_table: z.boolean(),
  partitions: z.array(
    objectSchema(version, ["storage", "disks", "partitions"], {
      number: count,
      label: line,
      size_mib: count.optional(),
      start_mib: count.optional(),
    }),
  ),
});

const filesystem = objectSchema(version, ["storage", "filesystems"], {
  device,
  format: text((value) =>
    ["xfs", "ext4", "btrfs", "vfat", "swap", "none"].includes(value)
      ? undefined
      : `${JSON.stringify(value)} is not a file system that Ignition makes. Write xfs or ext4.`,
  ),
  path,
  wipe_filesystem: z.boolean(),
});

const keptData = z
  .strictObject({
    disk: device.optional(),
    isKept: z.boolean().optional(),
    partitionLabel: line.optional(),
  })
  .check(({ value, issues }) => {
    if (value.disk !== undefined || value.partitionLabel !== undefined) return;
    const message =
      "this names nothing that the installer keeps. Write disk with isKept: true, or partitionLabel.";
    issues.push({ code: "custom", message, input: "" });
  });

const keyfile = z.strictObject({ name: text(keyfileNameProblem), contents: secret });

function keyfileNameProblem(value: string): string | undefined {
  const remedy =
    "Write a name without a folder that ends with .nmconnection, like eno1.nmconnection.";
  // These are rather the contents, with their passphrases.
  if (/\p{Cc}/u.test(value)) return `this name of a keyfile has more than one line. ${remedy}`;
  const isRead = /^[^./][^/]*\.nmconnection$/.test(value) && Buffer.byteLength(value) < 256;
  return isRead
    ? undefined
    : `the installer keyfile ${JSON.stringify(value)}: NetworkManager does not read a file of this name. ${remedy}`;
}

/** It can have a login, which no message repeats. */
const proxyUrl = z
  .string({ error: "this is not text. Write a URL." })
  .check(({ value, issues }) => {
    if (/^https?$/.test(parseUrl(value)?.scheme ?? "")) return;
    const message =
      "this is not the URL of an HTTP proxy. Write one like http://proxy.example.com:3128.";
    issues.push({ code: "custom", message, input: "" });
  });

const proxy = z.strictObject({
  http_proxy: proxyUrl.optional(),
  https_proxy: proxyUrl.optional(),
  no_proxy: z.array(line).optional(),
});

const authority = z.string({ error: instead("certificates as PEM") }).check(({ value, issues }) => {
  const message = value.includes("PRIVATE KEY")
    ? "this is a private key. Write certificates only."
    : certificateProblem(value);
  if (message !== undefined) issues.push({ code: "custom", message, input: "" });
});

const isFunction = z.custom((value) => typeof value === "function", {
  error: "this is not a function. Write the files as LocalFiles declares them.",
});

const given = z.strictObject(
  {
    text: secret,
    file: line,
    line: z.int().min(1),
    column: z.int().min(1),
    files: z
      .looseObject({
        folder: z.string(),
        read: isFunction,
        inspect: isFunction,
        list: isFunction,
        target: isFunction,
        absolute: isFunction,
      })
      .optional(),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? instead("an object with text, file, line and column")(issue)
        : undefined,
  },
);

const snippet = z.strictObject({
  snippet: given,
  options: z.strictObject({ isChecked: z.boolean().optional() }),
});

interface Argument {
  /** What it is called in a message. */
  readonly what: string;
  readonly schema: z.ZodType;
  /** What an object is known by: its kind, and the key with its name. @default it has no name */
  readonly named?: readonly [kind: Kind, key: string];
}

/** What each method takes beside the part; several arguments are one object. */
const methods = {
  addFile: { what: "file", schema: file, named: ["path", "path"] },
  addDirectory: { what: "directory", schema: directory, named: ["path", "path"] },
  addLink: { what: "link", schema: link, named: ["path", "path"] },
  addUnit: { what: "unit", schema: unit, named: ["unit", "name"] },
  addUser: { what: "user", schema: user, named: ["user", "name"] },
  setBootDevice: { what: "settings", schema: bootDevice },
  addDisk: { what: "disk", schema: disk, named: ["disk", "device"] },
  addFilesystem: { what: "file system", schema: filesystem, named: ["filesystem", "device"] },
  keepData: { what: "data", schema: keptData },
  addInstallerKeyfile: { what: "keyfile", schema: keyfile, named: ["installer keyfile", "name"] },
  setProxy: { what: "proxy", schema: proxy },
  setAuthorities: {
    what: "authorities",
    schema: z.array(authority, { error: instead("a list of PEM texts") }),
  },
  addKernelArguments: { what: "arguments", schema: z.array(kernelArgument) },
  addSnippet: { what: "snippet", schema: snippet },
  requireUnit: { what: "unit", schema: z.strictObject({ name: unitName, from: line }) },
  requirePath: { what: "path", schema: z.strictObject({ name: path, from: line }) },
} as const satisfies Readonly<Record<string, Argument>>;

/**
 * @param owner the device
 * @param method of the device
 * @param part whose path the mistakes have
 * @throws InputError with every mistake, each with the method and the field
 */
export function requireArgument(
  owner: Construct,
  method: keyof typeof methods,
  part: Construct,
  value: unknown,
): void {
  if (!Construct.isConstruct(part)) {
    const message = `found ${showType(part)} in place of the part. Write the construct that adds this: ${method}(this, …).`;
    throw new InputError([{ file: owner.node.path, path: method, message }]);
  }
  // Flotilla's own parts in a fleet, whose values the grammar of fleet.yaml has accepted.
  if (isChecked(part)) return;
  const argument: Argument = methods[method];
  const mistakes = argumentMistakes(part.node.path, method, argument, value);
  if (mistakes.length > 0) throw new InputError(withName(mistakes, method, argument, value));
}

/** With the name of the object that is wrong, unless its name is. */
function withName(
  mistakes: readonly Mistake[],
  method: string,
  { named }: Argument,
  value: unknown,
): readonly Mistake[] {
  const [kind, key = ""] = named ?? [];
  const name = isMapping(value) ? value[key] : undefined;
  if (typeof name !== "string" || mistakes.some(({ path: at }) => at === `${method}.${key}`)) {
    return mistakes;
  }
  const whose = `the ${kind} ${JSON.stringify(name)}`;
  return mistakes.map((each) => ({ ...each, message: `${whose}: ${each.message}` }));
}

/** @throws InputError if it is not a construct */
export function requireScope(scope: Construct): void {
  if (Construct.isConstruct(scope)) return;
  const message = `found ${showType(scope)} in place of a construct. Write EdgeDevice.of(this) in a construct inside a device.`;
  throw new InputError([{ file: "EdgeDevice.of", message }]);
}
