/** How a machine is recognized as a device, when one medium installs several. */
import { knownMac } from "./mac.ts";

export interface MachineMatch {
  /** The serial number of the system or its main board, as DMI has it; or of a Raspberry Pi. */
  readonly serial?: string;
  /** The asset tag of the chassis, as DMI has it. */
  readonly assetTag?: string;
  /** In lower case with colons; one of them is enough. Never empty. */
  readonly macs?: readonly string[];
  /** The UUID of the system, as DMI has it, in lower case. */
  readonly uuid?: string;
}

/** The keys of `match` in fleet.yaml. */
export type MatchKey = "serial" | "assetTag" | "mac" | "uuid";

/** Texts of firmware without a value of its own, in lower case without spaces and punctuation. */
const placeholders: ReadonlySet<string> = new Set(
  (
    "tobefilledbyoem tobefilled filledbyoem defaultstring default none null na notavailable " +
    "notapplicable notspecified notprovided notset notpresent unspecified undefined unknown invalid " +
    "empty blank oem tbd test sample serial serialnumber serialno systemserialnumber systemserial " +
    "chassisserialnumber baseboardserialnumber boardserialnumber mbserialnumber productserialnumber " +
    "asset assettag assettagnumber noassettag noassetinformation chassisassettag baseboardassettag " +
    "systemassettag asset1234567890 assetxxxxxx serxxxxxx noserial noserialnumber nosn sn " +
    "systemuuid productuuid insydesystemsn 0987654321 9876543210 abcdefgh abc123456789"
  ).split(" "),
);

/** Identifiers of boards that were sold without one of their own. */
const placeholderUuids: ReadonlySet<string> = new Set([
  "03000200-0400-0500-0006-000700080009",
  "00020003-0004-0005-0006-000700080009",
  "12345678-1234-5678-90ab-cddeefaabbcc",
  "12345678-1234-1234-1234-123456789abc",
  "01234567-89ab-cdef-0123-456789abcdef",
]);
const placeholderMacs: ReadonlySet<string> = new Set([
  "88:88:88:88:87:88",
  "00:11:22:33:44:55",
  "01:23:45:67:89:ab",
  "12:34:56:78:9a:bc",
]);

/** Whether many machines have this value: `To be filled by O.E.M.`, `0`, `123456789`. */
export function identifiesNothing(key: MatchKey, value: string): boolean {
  const bare = value.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  if (bare === "" || /^(.)\1*$/.test(bare)) return true;
  if (key === "uuid") return placeholderUuids.has(value.toLowerCase());
  if (key === "mac") return placeholderMacs.has(knownMac(value));
  return placeholders.has(bare) || isCount(bare);
}

/** `1234`, `0123456789`: the digits in order, from 0 or 1. */
function isCount(bare: string): boolean {
  return "01234567890123456789".startsWith(bare) || "12345678901234567890".startsWith(bare);
}

/** A value of `match`: its key, and where it is in a list. */
export interface MatchValue {
  readonly key: MatchKey;
  readonly index?: number;
  /** As the machine's value is compared: without regard to case. */
  readonly value: string;
}

/** Every value, in the order of the keys. */
export function matchValues({ serial, assetTag, macs = [], uuid }: MachineMatch): MatchValue[] {
  return [
    ...(serial === undefined ? [] : [{ key: "serial" as const, value: serial.toLowerCase() }]),
    ...(assetTag === undefined
      ? []
      : [{ key: "assetTag" as const, value: assetTag.toLowerCase() }]),
    ...macs.map((value, index) => ({ key: "mac" as const, index, value })),
    ...(uuid === undefined ? [] : [{ key: "uuid" as const, value: uuid }]),
  ];
}
