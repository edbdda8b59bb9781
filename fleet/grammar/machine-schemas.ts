/**
 * The keys that profiles, sites and devices share. What a device says replaces what its site says, and
 * that what its profile says; mappings are merged, and null removes. So no key has a default here: it would hide
 * the value of another level, and each is nullish, except in `disk` and in items of lists, which are not merged.
 */
import { z } from "zod";
import { certificateAuthorities } from "./authorities-schema.ts";
import { gateway } from "./gateway-schema.ts";
import { data, disk } from "./disk-schemas.ts";
import { isHost } from "./hosts.ts";
import { interfaces } from "./interfaces-schema.ts";
import { userNamePattern } from "../model/names.ts";
import { proxy } from "./proxy-schema.ts";
import { registries } from "./registries-schema.ts";
import { k3sNode } from "./k3s-schema.ts";
import { secretReference } from "./secret-reference.ts";
import { matching, sshKey, text } from "./value-schemas.ts";

/** A name or an address of a machine. */
export const host = text((value) =>
  isHost(value)
    ? undefined
    : `${JSON.stringify(value)} is not a valid host. Write a name or an IP address, like ntp.example.com.`,
);

export const userName = matching(
  userNamePattern,
  "a valid user name. Write lower-case letters, digits, hyphens and underscores, starting with a letter.",
);

const users = z
  .record(
    userName,
    z
      .strictObject({
        sshKeys: z.array(sshKey).max(100).nullish().describe("SSH public keys that may log in."),
        passwordHash: secretReference("The hash of the password for the console"),
        groups: z
          .array(userName)
          .max(32)
          .nullish()
          .describe("Groups besides the user's own; sudo and wheel may become root."),
      })
      .nullable(),
  )
  .nullish()
  .describe("Users of the device, by name. The user core has the keys under access.sshKeys too.");

export const machineFields = {
  interfaces,
  k3s: k3sNode,
  disk,
  data,
  ntpServers: z
    .array(host)
    .min(1, { error: "this list is empty. Write at least one server, or omit the key." })
    .max(16)
    .nullish()
    .describe("Time servers (NTP), in place of those of Fedora CoreOS and of DHCP."),
  users,
  proxy,
  certificateAuthorities,
  gateway,
  registries,
};

// Four levels have them: the JSON Schema defines each once, by the name of its key.
for (const [name, field] of Object.entries(machineFields)) {
  z.globalRegistry.add(field, { ...field.meta(), id: name });
}

/** The keys by which profiles, sites and devices describe a machine, as their levels are merged. */
export type MachineInput = Present<z.output<z.ZodObject<typeof machineFields>>>;

/** Without null, by which a level removes what earlier levels have. */
type Present<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { [Key in keyof Value]: Present<Exclude<Value[Key], null>> }
    : Value;
