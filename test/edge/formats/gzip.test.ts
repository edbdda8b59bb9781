import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../edge/formats/bytes.ts";
import { gunzip, gzip } from "../../../edge/formats/gzip.ts";

test("nothing of the time or the platform is in the header", () => {
  const packed = Buffer.from(gzip(Buffer.from("text")));
  expect(packed.toString("hex", 0, 10)).toBe("1f8b08000000000002ff");
});

test("what is packed is unpacked, by this and by zlib, whatever follows it", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 5_000 }),
      fc.uint8Array({ maxLength: 20 }),
      (content, rest) => {
        const packed = gzip(content);
        const unpacked = gunzip(Buffer.concat([packed, rest]), 5_000);
        expect(Buffer.compare(unpacked.bytes, content)).toBe(0);
        expect(unpacked.consumedBytes).toBe(packed.length);
        expect(Buffer.compare(gunzipSync(packed), content)).toBe(0);
      },
    ),
    { seed: 7, numRuns: 200 },
  );
});

test("bytes that cannot be compressed grow by less than 100 bytes", () => {
  const noise = createHash("shake256", { outputLength: 262_000 }).update("noise").digest();
  expect(gzip(noise).length).toBeLessThan(262_100);
});

test("a header with every optional field", () => {
  const plain = gzip(Buffer.from("text"));
  const fields = Buffer.from("\x03\x00abcname\0comment\0hc", "latin1");
  const header = Buffer.from(plain.subarray(0, 10));
  header[3] = 2 | 4 | 8 | 16;
  const bytes = Buffer.concat([header, fields, plain.subarray(10)]);
  expect(Buffer.from(gunzip(bytes, 100).bytes).toString()).toBe("text");
});

describe("damage", () => {
  const packed = gzipSync("some text, some text, some text");
  const changed = (offset: number) => {
    const bytes = Buffer.from(packed);
    bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
    return bytes;
  };

  test.each([
    ["another method", changed(2), "The gzip data has a damaged header."],
    ["another checksum", changed(packed.length - 8), "its checksum does not match"],
    ["another length", changed(packed.length - 4), "its checksum does not match"],
    ["no trailer", packed.subarray(0, -8), "The gzip data ends too early."],
  ])("%s", (_, bytes, message) => {
    expect(() => gunzip(bytes, 100)).toThrow(FormatError);
    expect(() => gunzip(bytes, 100)).toThrow(message);
  });

  test("cut anywhere", () => {
    for (let length = 2; length < packed.length; length += 1) {
      expect(() => gunzip(packed.subarray(0, length), 100)).toThrow(FormatError);
    }
  });

  test("more than the caller allows", () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(() => gunzip(bomb, 1_000_000)).toThrow("The gzip data holds more than 1000000 bytes.");
  });
});
