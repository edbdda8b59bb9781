import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPlainDataUrl, mistakeInDataUrl } from "../../../edge/butane/data-url-check.ts";
import { encodeContents } from "../../../edge/butane/data-url.ts";
import { gzipGo } from "../../../edge/formats/deflate.ts";

/** As Ignition reads test. */
function decode(source: string, gzipped: boolean): string {
  const { body, marker } = /^data:(?<marker>;base64)?,(?<body>[\s\S]*)$/.exec(source)?.groups ?? {};
  const bytes = Buffer.from(
    marker ? Buffer.from(body ?? "", "base64") : decodeURIComponent(body ?? ""),
  );
  return (gzipped ? gunzipSync(bytes) : bytes).toString("utf8");
}

describe("the shortest form", () => {
  test("is percent-escaped for plain words", () => {
    const source = "data:,-_.!~*'()%20%22%25";
    expect(encodeContents("-_.!~*'() \"%", true)).toEqual({ source, gzipped: false });
  });

  test("is base64 where many characters would be escaped", () => {
    const source = "data:;base64,w7zDvMO8w7zDvMO8";
    expect(encodeContents("üüüüüü", true)).toEqual({ source, gzipped: false });
  });

  test("is escaped where base64 is of the same length", () => {
    expect("data:,%20%20%20%20%20").toHaveLength("data:;base64,ICAgICA=".length);
    expect(encodeContents("     ", true).source).toBe("data:,%20%20%20%20%20");
  });

  test("is gzip for what repeats, unless the contents are compressed already", () => {
    const text = "repeat ".repeat(40);
    expect(encodeContents(text, true)).toMatchObject({ gzipped: true });
    expect(encodeContents(text, false)).toMatchObject({ gzipped: false });
  });
});

test("gives back the contents, whatever they are", () => {
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

/** Texts of about the length where two of the forms are equally long. */
const nearlyEqual = fc
  .tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 }), fc.nat({ max: 3 }))
  .map(([escaped, plain, times]) => `${"é ".repeat(escaped)}${"ab1".repeat(plain)}`.repeat(times));

test("chooses by the real length of each form", () => {
  fc.assert(
    fc.property(nearlyEqual, (text) => {
      const escaped = `data:,${encodeURIComponent(text)}`;
      const base64 = `data:;base64,${Buffer.from(text).toString("base64")}`;
      const packed = `data:;base64,${Buffer.from(gzipGo(Buffer.from(text))).toString("base64")}`;
      const plain = base64.length < escaped.length ? base64 : escaped;
      const gzipped = packed.length + "gzip".length < plain.length;
      expect(encodeContents(text, true)).toEqual({ source: gzipped ? packed : plain, gzipped });
      expect(encodeContents(text, false)).toEqual({ source: plain, gzipped: false });
    }),
    { numRuns: 500 },
  );
});

describe("what needs no parser", () => {
  test("is everything that is written here", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.boolean(), (text, mayGzip) => {
        expect(isPlainDataUrl(encodeContents(text, mayGzip).source)).toBe(true);
      }),
    );
  });

  test.each(["YWJ-", "Y=Jj", "YW=j", "YQ=", "YQ===", "Y===", "====", "YW\n=="])(
    "is no base64 that is wrong or unusual: %j",
    (body) => expect(isPlainDataUrl(`data:;base64,${body}`)).toBe(false),
  );

  test("has no mistake for the parser either", () => {
    const bodies = fc.string({ unit: fc.constantFrom(..."AYQ9+/=%2F-"), maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom("data:;base64,", "data:,"), bodies, (start, body) => {
        // A media type is what the quick look does not know.
        const parsed = mistakeInDataUrl(`data:text/plain${(start + body).slice("data:".length)}`);
        if (isPlainDataUrl(start + body)) expect(parsed).toBe(undefined);
      }),
      { numRuns: 5_000 },
    );
  });
});
