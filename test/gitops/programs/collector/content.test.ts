/** Bodies of requests: what is read of them, and what a hostile device reaches by them. */
import { gzipSync } from "node:zlib";
import { compress } from "@stablelib/snappy";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyLength, contentOf, readBody } from "../../../../gitops/programs/collector/content.ts";
import { Refusal } from "../../../../gitops/programs/collector/refusal.ts";
import { snappy } from "../../telemetry/telemetry-hub.ts";

const bytes = Buffer.from("a line of a log\n".repeat(1000));

test.each([
  ["gzip", gzipSync(bytes)],
  ["snappy", Buffer.from(compress(bytes))],
  ["snappy", snappy(bytes)],
])("%s is decompressed", (encoding, body) => {
  expect(Buffer.from(contentOf(body, encoding)).equals(bytes)).toBe(true);
});

test.each([
  ["neither encoding", bytes, "identity"],
  ["no encoding", bytes, undefined],
  ["damaged gzip", bytes, "gzip"],
  ["gzip that grows beyond 8 MiB", gzipSync(Buffer.alloc(8 * 2 ** 20 + 1)), "gzip"],
  ["snappy that says 8 MiB and a byte", Buffer.from([0x81, 0x80, 0x80, 4, 0, 0]), "snappy"],
  ["snappy of a length without an end", Buffer.alloc(20, 0xff), "snappy"],
  ["snappy that writes beyond the length it says", Buffer.from([2, 8, 1, 2, 3]), "snappy"],
  ["snappy that is shorter than it says", Buffer.from([4, 4, 1, 2]), "snappy"],
  ["snappy that copies from before its start", Buffer.from([8, 4, 1, 2, 9, 3]), "snappy"],
  // Other decoders read this length as a negative one and go back for ever.
  ["snappy with a literal of 4 GiB", Buffer.from([64, 252, 250, 255, 255, 255, 0]), "snappy"],
])("%s is refused for good", (_, body, encoding) => {
  expect(() => contentOf(body, encoding)).toThrow(Refusal);
});

test("whatever snappy says, it ends with content or a refusal", () => {
  const [valid] = [Buffer.from(compress(bytes))];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(valid.length), (random, at) => {
      for (const body of [random, Buffer.concat([valid.subarray(0, at), random])]) {
        try {
          expect(contentOf(Buffer.from(body), "snappy").length).toBeLessThanOrEqual(8 * 2 ** 20);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }
    }),
    { numRuns: 2000, seed: 12 },
  );
});

async function* parts() {
  yield Buffer.from("a");
  yield Buffer.from("b");
}

test("a body is read if its length is announced and at most 4 MiB", async () => {
  expect((await readBody(parts())).toString()).toBe("ab");
  expect(bodyLength(String(4 * 2 ** 20))).toBe(4 * 2 ** 20);
  for (const length of [undefined, "many", String(4 * 2 ** 20 + 1)]) {
    expect(() => bodyLength(length)).toThrow("more than 4 MiB");
  }
});
