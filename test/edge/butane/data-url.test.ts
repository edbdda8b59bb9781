import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeContents } from "../../../edge/butane/data-url.ts";

/** As Ignition reads it. */
function decode(source: string, gzipped: boolean): string {
  const { body, marker } = /^data:(?<marker>;base64)?,(?<body>[\s\S]*)$/.exec(source)?.groups ?? {};
  const bytes = Buffer.from(
    marker ? Buffer.from(body ?? "", "base64") : decodeURIComponent(body ?? ""),
  );
  return (gzipped ? gunzipSync(bytes) : bytes).toString("utf8");
}

describe("the shortest form", () => {
  it("is percent-escaped for plain words", () => {
    const source = "data:,-_.!~*'()%20%22%25";
    expect(encodeContents("-_.!~*'() \"%", true)).toEqual({ source, gzipped: false });
  });

  it("is base64 where many characters would be escaped", () => {
    const source = "data:;base64,w7zDvMO8w7zDvMO8";
    expect(encodeContents("üüüüüü", true)).toEqual({ source, gzipped: false });
  });

  it("is escaped where base64 is of the same length", () => {
    expect("data:,%20%20%20%20%20").toHaveLength("data:;base64,ICAgICA=".length);
    expect(encodeContents("     ", true).source).toBe("data:,%20%20%20%20%20");
  });

  it("is gzip for what repeats, unless the contents are compressed already", () => {
    const text = "repeat ".repeat(40);
    expect(encodeContents(text, true)).toMatchObject({ gzipped: true });
    expect(encodeContents(text, false)).toMatchObject({ gzipped: false });
  });
});

it("gives back the contents, whatever they are", () => {
  const texts = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc
      .array(fc.constantFrom("key = value\n", "x", "<é>", "%"), { maxLength: 80 })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, fc.boolean(), (text, mayGzip) => {
      const { source, gzipped } = encodeContents(text, mayGzip);
      expect(decode(source, gzipped)).toBe(text);
      expect(source.length).toBeLessThanOrEqual(`data:,${encodeURIComponent(text)}`.length);
    }),
    { seed: 2, numRuns: 300 },
  );
});
