import type { Values } from "./values.ts";

/**
 * Secrets that are not in Git: fleet.yaml names a file or an environment variable, which is read when
 * a device's image is made. Nothing else of Flotilla needs the value.
 */
export interface SecretReference {
  /** What it must look like, which is checked when it is read. */
  readonly form: SecretForm;
  readonly from: "file" | "env";
  /** A path relative to the fleet file's folder, or the name of a variable. */
  readonly name: string;
  /** Where the fleet file names it, for messages. */
  readonly place: {
    readonly file: string;
    readonly line?: number;
    readonly column?: number;
    readonly path?: string;
  };
}

/**
 * `line`: text of one line. `password-hash`: as crypt(5) has it, `$y$…`. `wifi-passphrase`: 8 to 63
 * characters, or a key in 64 hexadecimal digits. `proxy-login`: `user:password`.
 */
export type SecretForm = "line" | "password-hash" | "pem" | "wifi-passphrase" | "proxy-login";

/** The keys of fleet.yaml at which a secret is named. */
export const secretKeys: readonly string[] = [
  "clientCertificate",
  "clientKey",
  "login",
  "passphrase",
  "password",
  "passwordHash",
];

/**
 * Whether a value names a secret, by its file or its variable. That is one value: where two levels of the
 * fleet file have one, the later one replaces the other.
 */
export function namesSecret(key: string, value: Values): boolean {
  const [kind = "", ...others] = Object.keys(value);
  return secretKeys.includes(key) && others.length === 0 && ["file", "env"].includes(kind);
}

/** The values of references, by `secretId`. */
export type OutsideSecrets = ReadonlyMap<string, string>;

/** The same for two references to one secret. */
export function secretId({ from, name }: SecretReference): string {
  return `${from}:${name}`;
}

/**
 * The value of a reference; empty if there are no values, as for a device without its secrets.
 *
 * @throws Error if there are values, and this one was not read
 */
export function outsideSecret(
  secrets: OutsideSecrets | undefined,
  reference: SecretReference,
): string {
  if (secrets === undefined) return "";
  const value = secrets.get(secretId(reference));
  if (value === undefined) throw new Error(`the secret ${secretId(reference)} was not read`);
  return value;
}

/** Every reference in a value, which can be a whole device. */
export function secretReferences(value: unknown): SecretReference[] {
  if (typeof value !== "object" || value === null) return [];
  if (isReference(value)) return [value];
  const inner = value instanceof Map ? value.values() : Object.values(value);
  return [...inner].flatMap(secretReferences);
}

export function isReference(value: object): value is SecretReference {
  return "form" in value && "from" in value && "place" in value;
}
