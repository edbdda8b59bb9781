/** What is declared about a device's machine, as `flotilla show` prints it: secrets by their place. */
import type { Machine } from "../../fleet/model/machine.ts";
import type { TrustedFile } from "../../fleet/model/proxy.ts";
import { isReference, type SecretReference } from "../../fleet/model/secret-reference.ts";

/** The same value with texts in place of secrets and of certificates. */
type Shown<Value> = Value extends SecretReference | TrustedFile
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Shown<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Shown<Value[Key]> }
      : Value;

export type ShownMachine = Shown<Machine>;

export function shownMachine(machine: Machine): ShownMachine {
  return shown(machine) as ShownMachine;
}

function shown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(shown);
  if (isReference(value)) return value.from === "file" ? `file ${value.name}` : `$${value.name}`;
  if (isTrustedFile(value)) return value.name;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

function isTrustedFile(value: object): value is TrustedFile {
  return "pem" in value && "name" in value;
}
