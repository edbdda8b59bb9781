/** Schemas of single values, which the grammar of fleet.yaml is built from. */
import { z } from "zod";
import {
  knownRange,
  parseAddress,
  parseRange,
  rangeContains,
  unreachableRanges,
} from "../model/addresses.ts";
import {
  formatNetwork,
  isLinkLocal,
  networkOf,
  parseIp,
  parseIpInNetwork,
  reservedUse,
} from "../model/ip.ts";
import { labelPattern, notALabel } from "../model/names.ts";
import { weekDays } from "../model/maintenance.ts";

/** Kubernetes' rule for label values. */
const labelValuePattern = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

/** No valid text with a check of its own is longer, and some checks take quadratic time (Intl's of time zones). */
const textLengthMax = 16_384;

/** A text with a check of its own; `problem` returns the message, or undefined if it is valid. */
export function text(problem: (value: string) => string | undefined) {
  return z.string().check((context) => {
    const { length } = context.value;
    const message =
      length > textLengthMax
        ? `this value has ${length} characters. Write at most ${textLengthMax}.`
        : problem(context.value);
    if (message !== undefined) {
      context.issues.push({ code: "custom", message, input: context.value });
    }
  });
}

/**
 * A text that matches a pattern, which is part of the JSON Schema too.
 *
 * @param what completes the message `"x" is not …`: what a valid text is, and what to write
 * @param otherType the message on a value that is not a text @default it says which type to write
 */
export function matching(pattern: RegExp, what: string, otherType?: string) {
  return z.string(otherType === undefined ? {} : { error: otherType }).regex(pattern, {
    error: ({ input }) => `${JSON.stringify(input)} is not ${what}`,
  });
}

/** RFC 1123: labels of letters, digits and hyphens. */
export const hostPattern =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** A DNS domain. */
export const domainName = matching(
  hostPattern,
  "a valid DNS domain. Write one like shop.example.com.",
);

/** An IPv4 address. */
export const ipv4Address = text((value) =>
  parseAddress(value) === undefined
    ? `"${value}" is not a valid IPv4 address. Write four numbers from 0 to 255, like 203.0.113.7.`
    : undefined,
);

/** An address of either family at which a host can be reached from elsewhere. */
export const address = text((value) => {
  const ip = parseIp(value);
  if (ip === undefined) {
    return `${JSON.stringify(value)} is not a valid IP address. Write one like 203.0.113.7 or 2001:db8::7.`;
  }
  if (ip.family === 4) return unreachableProblem(value);
  if (isLinkLocal(ip)) {
    return `"${value}" is reachable on its own link only. Write an address that the hub can reach.`;
  }
  const use = reservedUse(ip);
  return use === undefined
    ? undefined
    : `"${value}" is reserved (${use}). Write the host's address.`;
});

/** A message on an IPv4 address at which no other machine is reached. */
function unreachableProblem(value: string): string | undefined {
  const [range, what] =
    unreachableRanges.find(([each]) =>
      rangeContains(knownRange(each), parseAddress(value) ?? -1),
    ) ?? [];
  return range === undefined
    ? undefined
    : `"${value}" is inside ${what} (${range}). Write the host's address.`;
}

/** A network of either family in CIDR form. */
export const range = text((value) => {
  if (!value.includes(":")) {
    const parsed = parseRange(value);
    return typeof parsed === "string" ? parsed : undefined;
  }
  const found = parseIpInNetwork(value);
  if (found === undefined) {
    return `"${value}" is not a valid IPv6 range. Write an address and a prefix length, like 2001:db8:1::/48.`;
  }
  return networkOf(found).ip.value === found.ip.value
    ? undefined
    : `"${value}" is an address inside a range. Write the range: ${formatNetwork(found)}.`;
});

/** An IPv4 range in CIDR form. */
export const ipv4Range = text((value) => {
  const parsed = parseRange(value);
  return typeof parsed === "string" ? parsed : undefined;
});

/** A weekly window; `whose` says in which time zone and for which event. */
export function window(
  whose: { readonly time: string; readonly event: string },
  defaults: { readonly days: readonly (typeof weekDays)[number][]; readonly lengthMinutes: number },
  lengthMinutesMin: number,
) {
  return z
    .strictObject({
      days: z
        .array(z.enum(weekDays))
        .min(1, { error: "this list is empty. Write at least one day, Mon to Sun." })
        .default([...defaults.days])
        .describe(`Days on which ${whose.event}, in ${whose.time}.`),
      start: matching(
        /^([01][0-9]|2[0-3]):[0-5][0-9]$/,
        'a valid time of day. Write hours and minutes in quotes, like "02:00".',
      )
        .default("02:00")
        .describe(`When the window opens, HH:MM in ${whose.time}.`),
      lengthMinutes: z
        .int()
        .min(lengthMinutesMin)
        .max(1440)
        .default(defaults.lengthMinutes)
        .describe("How long the window stays open, in minutes."),
    })
    .prefault({});
}

/** A name that is valid in Kubernetes and in DNS. */
export const label = z
  .string()
  .regex(labelPattern, { error: ({ input }) => notALabel(String(input)) });

/** The value of a label. */
export const labelValue = matching(
  labelValuePattern,
  "a valid label value. Write at most 63 letters, digits, hyphens, dots and underscores.",
);

/** The number of bytes of the fields after the type, where the type decides (RFC 4253, 5656, 8709). */
const fieldBytes: ReadonlyMap<string, readonly (number | undefined)[]> = new Map([
  ["ssh-ed25519", [32]],
  ["ssh-rsa", [undefined, undefined]],
  ["ecdsa-sha2-nistp256", [8, 65]],
  ["ecdsa-sha2-nistp384", [8, 97]],
  ["ecdsa-sha2-nistp521", [8, 133]],
  ["sk-ssh-ed25519@openssh.com", [32, undefined]],
  ["sk-ecdsa-sha2-nistp256@openssh.com", [8, 65, undefined]],
]);

/** What is wrong inside a key that looks like one: sshd would refuse it, and nobody could log in. */
function damageOfKey(value: string): string | undefined {
  const [type = "", body = ""] = value.split(" ");
  const damaged = "this SSH key is damaged. Copy the whole line of the .pub file again.";
  const fields = sshFields(Buffer.from(body, "base64"));
  if (fields === undefined) return damaged;
  const [inner, ...rest] = fields;
  const found = inner?.toString("latin1") ?? "";
  if (found !== type && fieldBytes.has(found)) {
    return `this line says ${type}, and its key is of the type ${found}. Copy the whole line of the .pub file again.`;
  }
  const lengths = fieldBytes.get(type) ?? [];
  const isWhole =
    found === type &&
    rest.length === lengths.length &&
    rest.every(({ length }, index) => length > 0 && (lengths[index] ?? length) === length);
  return isWhole ? undefined : damaged;
}

/** Fields with their lengths in front, as RFC 4251 writes a `string`; undefined if one is cut off. */
function sshFields(bytes: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (offset + 4 > bytes.length) return undefined;
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

const sshKeyPattern =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,3}( .*)?$/;

/** An OpenSSH public key: a line of a .pub file. */
export const sshKey = text((value) => {
  if (sshKeyPattern.test(value)) return damageOfKey(value);
  return value.includes("PRIVATE KEY")
    ? "this is a private key. Remove it from this file and do not use it any more. Write the public key: the line in the .pub file."
    : "this is not a valid OpenSSH public key. Write the line of a .pub file, like ssh-ed25519 AAAA… name.";
});
