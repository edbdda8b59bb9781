/** Masks secrets in output. */

export const maskedSecret = "<secret>";

/** Shorter values are not masked, because they would match everywhere. */
const secretLengthMin = 8;

/**
 * Returns a function that replaces every secret in a text, also percent-encoded, in hexadecimal or as a
 * part of base64.
 *
 * @param secrets any value; every text in it is a secret
 */
export function secretMask(secrets: unknown): (text: string) => string {
  const forms = [...new Set(textsIn(secrets).flatMap(formsOf))]
    .filter((form) => form.length >= secretLengthMin)
    .toSorted((a, b) => b.length - a.length);
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, maskedSecret), text);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hexadecimal = bytes.toString("hex");
  const key = Buffer.from(secret, "base64");
  const rawKey = key.length === 32 ? [key.toString("hex"), key.toString("base64url")] : [];
  const inBase64 = [0, 1, 2].flatMap((before) => {
    // Three bytes make four letters; the first and the last may contain bits of other bytes.
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const start = before === 0 ? 0 : before + 1;
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    const middle = text.slice(start, whole);
    return [middle, middle.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [secret, encodeURIComponent(secret), hexadecimal, ...rawKey, ...inBase64];
}

/** Masks the user part of every URL in a text: it may contain a password or a token. */
export function maskCredentials(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s'"]*@/gi, "$1***@");
}
