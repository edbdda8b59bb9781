/** What the secrets of a device must look like, wherever they come from. */
import type { SecretForm } from "../model/secret-reference.ts";

/** The problem of a secret, which is never repeated: it completes "the variable X …". */
export const secretForms: Readonly<Record<SecretForm, (secret: string) => string | undefined>> = {
  line: (secret) =>
    /[\p{Cc}\u2028\u2029]/u.test(secret)
      ? "contains control characters or more than one line. Write the secret in one line."
      : undefined,
  // A URL of the proxy can hold any of these characters, percent-encoded.
  "proxy-login": (secret) =>
    /^[^:\p{Cc}\u2028\u2029]+:[^\p{Cc}\u2028\u2029]+$/u.test(secret)
      ? undefined
      : "does not contain a login. Write user:password in one line.",
  "password-hash": (secret) =>
    /^\$[a-z0-9]{1,8}\$[A-Za-z0-9./$=,+-]{8,384}$/.test(secret)
      ? undefined
      : "does not contain a password hash. Write the output of mkpasswd --method=yescrypt.",
  pem: (secret) =>
    /^-----BEGIN [A-Z0-9 ]{1,64}-----\r?\n[^]*-----END [A-Z0-9 ]{1,64}-----\s*$/.test(secret)
      ? undefined
      : "is not in PEM. Write the lines from -----BEGIN to -----END.",
  "wifi-passphrase": (secret) =>
    /^([ -~]{8,63}|[0-9A-Fa-f]{64})$/.test(secret)
      ? undefined
      : "does not contain a Wi-Fi passphrase. Write 8 to 63 ASCII characters, or a key in 64 hexadecimal digits.",
};
