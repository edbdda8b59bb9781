/**
 * Checks a data URL (RFC 2397) that a user wrote, with the errors of butane.
 */

/** All characters except controls, spaces and the separators of RFC 2045. */
const token = "[!#$%&'*+\\-.0-9A-Z^_`a-z{|}~]";
const typePattern = /^(?:text|image|audio|video|application|message|multipart)/;

const base64Start = "data:;base64,";
const escapedStart = "data:,";
const notBase64 = /[^A-Za-z0-9+/]/g;
const plainEscaped = /^(?:[-\w.!~*'()]|%[0-9A-F]{2})*$/;

/**
 * True if the URL is obviously valid. All URLs that this translator writes are. The check searches for
 * single characters only, which is fast even in long data.
 */
export function isPlainDataUrl(url: string): boolean {
  if (url.startsWith(base64Start)) {
    if ((url.length - base64Start.length) % 4 !== 0) return false;
    notBase64.lastIndex = base64Start.length;
    const end = notBase64.exec(url)?.index ?? url.length;
    const padding = url.slice(end);
    return padding === "" || padding === "=" || padding === "==";
  }
  return url.startsWith(escapedStart) && plainEscaped.test(url.slice(escapedStart.length));
}

/** What is wrong with the URL; undefined if it can be decoded. */
export function mistakeInDataUrl(url: string): string | undefined {
  if (isPlainDataUrl(url)) return undefined;
  const parser = new Parser(url.slice("data:".length));
  return url.startsWith("data:") ? parser.mistake() : "missing data prefix";
}

class Parser {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  mistake(): string | undefined {
    const first = this.#rest.charAt(0);
    if (first === "") return "missing comma before data";
    if (first !== ";" && first !== ",") {
      if (!new RegExp(token).test(first)) return "invalid character after data prefix";
      const mistake = this.#mediaType();
      if (mistake !== undefined) return mistake;
    }
    while (this.#take(";")) {
      const attribute = this.#tokens();
      if (attribute === "") {
        return /^(?:$|[=,])/.test(this.#rest)
          ? "unterminated parameter sequence"
          : "invalid character for parameter attribute";
      }
      if (this.#rest === "") return "unterminated parameter sequence";
      if (this.#take(",")) {
        return attribute === "base64"
          ? mistakeInBase64(this.#rest)
          : `expected base64, got ${attribute}`;
      }
      if (!this.#take("=")) return "invalid character for parameter attribute";
      const mistake = this.#value();
      if (mistake !== undefined) return mistake;
    }
    if (this.#take(",")) return mistakeInEscaped(this.#rest);
    return this.#rest === "" ? "missing comma before data" : "expected semicolon or comma";
  }

  #mediaType(): string | undefined {
    const type = this.#tokens();
    if (this.#rest === "") return "missing media type slash";
    if (!this.#take("/")) return "invalid character for media type";
    if (!/^x-/i.test(type) && !typePattern.test(type)) return "invalid media type";
    this.#tokens();
    if (this.#rest === "") return "incomplete media type";
    return /^[;,]/.test(this.#rest) ? undefined : "invalid character for media subtype";
  }

  #value(): string | undefined {
    if (this.#rest === "") return "missing comma before data";
    if (this.#take('"')) {
      const quoted = /^(?:[\x00-!#-[\]-\x7f]|\\[\x00-\x7f])*"/.exec(this.#rest)?.[0];
      if (quoted === undefined) {
        return /[^\x00-\x7f]/.test(this.#rest)
          ? "invalid character for parameter value"
          : "unclosed quoted string";
      }
      this.#rest = this.#rest.slice(quoted.length);
      return undefined;
    }
    const value = this.#tokens();
    if (value === "") return "invalid character for parameter value";
    if (this.#rest === "") return "missing comma before data";
    if (!/^[;,]/.test(this.#rest)) return "invalid character for parameter value";
    return mistakeInEscapes(value);
  }

  #take(character: string): boolean {
    const taken = this.#rest.startsWith(character);
    if (taken) this.#rest = this.#rest.slice(1);
    return taken;
  }

  #tokens(): string {
    const found = new RegExp(`^${token}*`).exec(this.#rest)?.[0] ?? "";
    this.#rest = this.#rest.slice(found.length);
    return found;
  }
}

function mistakeInEscaped(data: string): string | undefined {
  if (/[^!$-;=?-Z_a-z~]/.test(data)) return "invalid data character";
  return mistakeInEscapes(data);
}

function mistakeInEscapes(data: string): string | undefined {
  const broken = /%(?![0-9a-fA-F]{2})(.?)(.?)/.exec(data);
  if (broken === null) return undefined;
  const [, first = "", second = ""] = broken;
  const cutOff = first === "" || (/[0-9a-fA-F]/.test(first) && second === "");
  // butane names the percent sign, not the character after it.
  return cutOff
    ? "rfc2396: unexpected end of unescape sequence"
    : "rfc2396: invalid char 0x25 in unescape sequence";
}

function mistakeInBase64(data: string): string | undefined {
  if (/[^A-Za-z0-9+/=\n]/.test(data)) return "invalid data character";
  const broken = brokenAt(data);
  return broken === undefined ? undefined : `illegal base64 data at input byte ${broken}`;
}

/** Where Go's decoder stops: it reads groups of four, and only the last one may have padding. */
function brokenAt(data: string): number | undefined {
  const places = Array.from(data.matchAll(/[^\n]/g), ({ index }) => index);
  const padding = places.findIndex((place) => data[place] === "=");
  const loose = places.length % 4;
  if (padding < 0) return loose === 0 ? undefined : data.length - loose;
  const position = padding % 4;
  if (position < 2) return places[padding];
  const end = position === 2 ? padding + 2 : padding + 1;
  const second = places[padding + 1];
  if (position === 2 && second === undefined) return data.length;
  if (position === 2 && second !== undefined && data[second] !== "=") return second - 1;
  return places[end];
}
