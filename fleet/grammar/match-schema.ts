/** The grammar of `match`: how a machine is recognized as a device. */
import { z } from "zod";
import { identifiesNothing, type MatchKey } from "../model/match.ts";
import { parseMac } from "../model/mac.ts";
import { macProblem } from "./mac-address.ts";
import { text } from "./value-schemas.ts";

/** DMI's tables have texts of at most 255 bytes; firmware and labels use far fewer. */
const lengthMax = 64;

const titles: Readonly<Record<MatchKey, string>> = {
  serial: "serial number",
  assetTag: "asset tag",
  mac: "MAC address",
  uuid: "UUID",
};

type Form = (value: string) => string | undefined;

/** @param form what the value must look like, as a message's end; undefined if it does */
function problem(key: MatchKey, form: Form, value: string): string | undefined {
  const shown = JSON.stringify(value);
  const wrong = form(value);
  if (wrong !== undefined) return `${shown} is not a valid ${titles[key]}. ${wrong}`;
  return identifiesNothing(key, value)
    ? `${shown} identifies no machine: many have this ${titles[key]}. Write another value, or match by another key.`
    : undefined;
}

function identifier(key: MatchKey, form: Form) {
  return text((value) => problem(key, form, value));
}

function label(value: string): string | undefined {
  const valid = /^[!-~]([ -~]*[!-~])?$/.test(value) && value.length <= lengthMax;
  return valid
    ? undefined
    : `Write at most ${lengthMax} ASCII characters, without a space at the start or the end.`;
}

const macs = z
  .array(z.string())
  .min(1, { error: "this list is empty. Write at least one MAC address, or omit the key." })
  .max(16);

/** Checked as a whole: a mistake inside a union would hide the reason. */
const mac = z
  .union([z.string(), macs], {
    error: ({ input }) =>
      typeof input === "number"
        ? 'found a number. Write the MAC address in quotes, like "525400123456".'
        : undefined,
  })
  .check(({ value, issues }) => {
    for (const [index, each] of (typeof value === "string" ? [value] : value).entries()) {
      const isMac = parseMac(each) !== undefined;
      const message =
        (isMac ? problem("mac", () => undefined, each) : undefined) ?? macProblem(each);
      const path = typeof value === "string" ? [] : [index];
      if (message !== undefined) issues.push({ code: "custom", message, input: each, path });
    }
  });

const uuid = identifier("uuid", (value) =>
  /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(value)
    ? undefined
    : "Write it as the machine does, like 4c4c4544-0043-4d10-8051-b9c04f4a3132.",
);

export const match = z
  .strictObject({
    serial: identifier("serial", label)
      .optional()
      .describe(
        "Serial number of the machine or its main board (dmidecode), or of a Raspberry Pi.",
      ),
    assetTag: identifier("assetTag", label)
      .optional()
      .describe("Asset tag of the machine's chassis, as its firmware has it."),
    mac: mac
      .optional()
      .describe(
        "MAC address of a network interface of the machine, in any notation, or several: one is enough.",
      ),
    uuid: uuid.optional().describe("UUID of the machine, as its firmware has it."),
  })
  .optional()
  .describe(
    "How an image of a whole site recognizes the machine. If you write several keys, all must match.",
  );
