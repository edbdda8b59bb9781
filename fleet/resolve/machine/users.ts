/** The users of a device's operating system. */
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type { User } from "../../model/machine.ts";
import type { Inherited } from "./inherited.ts";

/** Sorted by name. */
export function resolvedUsers({
  value,
  secret,
}: Inherited<NonNullable<MachineInput["users"]>>): readonly User[] {
  return Object.entries(value)
    .map(([name, { sshKeys = [], passwordHash, groups = [] }]) => ({
      name,
      sshKeys,
      passwordHash:
        passwordHash === undefined
          ? null
          : secret([name, "passwordHash"], passwordHash, "password-hash"),
      groups,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
