/** Masks secrets in output. */

export const maskedSecret = "<secret>";

/** Shorter values are not masked, because they would match everywhere. */
const secretLengthMin = 8;

/**
 * Returns a function that replaces every secret in a text, also escaped as in JSON, percent-encoded, in
 * hexadecimal or as a part of base64.
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
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, encodeURIComponent(secret), hexadecimal, ...rawKey, ...inBase64];
}

/**
 * Masks the user part of every URL in a text: it may contain a password or a token. In time and memory
 * that grow with the text alone; a regular expression overflows the stack at a long word.
 */
export function maskCredentials(text: string): string {
  let masked = "";
  let copied = 0;
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at)) {
    const start = at + 3;
    if (!followsScheme(text, at)) {
      at = start;
      continue;
    }
    wordEnd.lastIndex = start;
    const end = wordEnd.exec(text)?.index ?? text.length;
    const userEnd = text.slice(start, end).lastIndexOf("@");
    if (userEnd !== -1) {
      masked += `${text.slice(copied, start)}***`;
      copied = start + userEnd;
    }
    at = end;
  }
  return masked + text.slice(copied);
}

const wordEnd = /[\s'"]/g;

/** Whether a scheme ends here: a letter, then letters, digits, "+", "." and "-". */
function followsScheme(text: string, end: number): boolean {
  for (let at = end - 1; at >= 0; at -= 1) {
    const character = text.charAt(at);
    if (/[a-z]/i.test(character)) return true;
    if (!/[0-9+.-]/.test(character)) return false;
  }
  return false;
}
