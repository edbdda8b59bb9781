import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../edge/formats/bytes.ts";
import { writeCpio } from "../../../edge/formats/cpio.ts";
import { packInitramfs, unpackInitramfs } from "../../../edge/formats/initramfs.ts";

const lengthMax = 1_000_000;
const archive = (files: Readonly<Record<string, string>>) =>
  writeCpio(new Map(Object.entries(files).map(([path, data]) => [path, Buffer.from(data)])));

function contents(...parts: readonly (Uint8Array | string)[]): Record<string, string> {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const files = unpackInitramfs(bytes, lengthMax);
  return Object.fromEntries([...files].map(([path, data]) => [path, Buffer.from(data).toString()]));
}

describe("archives one after another", () => {
  const first = archive({ a: "1", b: "1" });
  const second = archive({ b: "2", c: "2" });
  const both = { a: "1", b: "2", c: "2" };

  test.each([
    ["plain, plain", [first, second]],
    ["plain, gzip", [first, gzipSync(second)]],
    ["gzip, plain", [gzipSync(first), second]],
    ["gzip, gzip", [gzipSync(first), gzipSync(second)]],
    ["zeros between and behind", ["\0\0\0", gzipSync(first), "\0\0\0\0\0", second, "\0\0"]],
    ["zeros inside", [gzipSync(Buffer.concat([first, Buffer.alloc(300)])), second]],
  ])("%s: the later file wins", (_, parts) => {
    expect(contents(...parts)).toEqual(both);
  });

  test("nothing but zeros", () => {
    expect(contents("\0".repeat(1_000))).toEqual({});
    expect(contents("")).toEqual({});
  });

  test.each([
    ["text", "garbage", "Found data that is not a cpio archive"],
    [
      "text behind",
      Buffer.concat([first, Buffer.from("garbage")]),
      "Found data that is not a cpio",
    ],
    ["damaged zstd", Buffer.from("502a4d180900000000", "hex"), "The zstd data ends too early."],
    [
      "two archives compressed as one",
      gzipSync(Buffer.concat([first, second])),
      "A compressed cpio archive has other data after its trailer.",
    ],
    ["compressed twice", gzipSync(gzipSync(first)), "The cpio archive"],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => contents(bytes)).toThrow(FormatError);
    expect(() => contents(bytes)).toThrow(message);
  });

  test("the limit is for all archives together", () => {
    const bomb = gzipSync(archive({ zeros: "\0".repeat(400_000) }));
    expect(Object.keys(contents(bomb, bomb))).toEqual(["zeros"]);
    expect(() => contents(bomb, bomb, bomb)).toThrow("The gzip data holds more than");
  });
});

describe("packing", () => {
  const files = (data: Uint8Array) => new Map([["config.ign", data]]);
  const noise = createHash("shake256", { outputLength: 20_000 }).update("noise").digest();
  const half = Buffer.from(noise.toString("base64"));
  const repeated = Buffer.from("0123456789abcdef".repeat(10_000));

  test("bytes that are equal on every machine, as long as they fit", () => {
    const packed = packInitramfs(files(half), 30_000);
    expect(createHash("sha256").update(packed).digest("hex")).toBe(
      "378bb5a55a8244e43eeda7eb839df6cb8788976ceb65f013684713797dfe1f2b",
    );
  });

  test("repetition is searched only for what does not fit without", () => {
    expect(packInitramfs(files(repeated), 100_000).length).toBeGreaterThan(50_000);
    expect(packInitramfs(files(repeated), 50_000).length).toBeLessThan(2_000);
  });

  test("what cannot fit is as short as can be", () => {
    const lengths = [0, 1_000].map((limit) => packInitramfs(files(half), limit).length);
    expect(lengths[0]).toBe(lengths[1]);
    expect(lengths[0]).toBeLessThan(21_000);
  });

  test.each([30_000, 100])("what is packed for %d bytes is unpacked", (limit) => {
    const unpacked = unpackInitramfs(packInitramfs(files(half), limit), lengthMax);
    expect(Buffer.from(unpacked.get("config.ign") ?? "").equals(half)).toBe(true);
  });
});
