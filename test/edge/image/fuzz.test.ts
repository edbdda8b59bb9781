/**
 * Damaged images: whatever is wrong with one, the outcome is a success or a named error, no byte
 * outside of the image is asked for, and the work has a limit.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import type { ByteSource } from "../../../edge/formats/bytes.ts";
import { writeCpio } from "../../../edge/formats/cpio.ts";
import { embeddedIgnition, embedIgnition } from "../../../edge/image/ignition.ts";
import { openImage } from "../../../edge/image/image.ts";
import { InputError } from "../../../fleet/mistakes.ts";
import { peerPath, sharedPath } from "../../peers/peers.ts";
import { sampleIso } from "../formats/sample-iso.ts";

/** The Park-Miller generator: the same numbers each time. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

/** A source that replaces some bytes, may end early, and counts what is read. */
class DamagedSource implements ByteSource {
  readonly size: number;
  readBytes = 0;
  readonly #sound: Uint8Array;
  readonly #changes: ReadonlyMap<number, number>;

  constructor(sound: Uint8Array, size: number, changes: ReadonlyMap<number, number>) {
    this.size = size;
    this.#sound = sound;
    this.#changes = changes;
  }

  read(offset: number, length: number): Uint8Array {
    const inside = Number.isSafeInteger(offset) && offset >= 0 && length >= 0;
    if (!inside || offset + length > this.size) throw new RangeError(`${offset} + ${length}`);
    this.readBytes += length;
    const bytes = Uint8Array.from(this.#sound.subarray(offset, offset + length));
    for (const [at, value] of this.#changes) {
      if (at >= offset && at < offset + length) bytes[at - offset] = value;
    }
    return bytes;
  }
}

/** Damages `sound` in `count` ways; returns how many were still read as an image. */
function fuzz(sound: Uint8Array, count: number, seed: number): number {
  const random = generator(seed);
  const written = [...sound.keys()].filter((offset) => sound[offset] !== 0);
  const behindDescriptors = written.filter((offset) => offset >= 20 * 2_048);
  let successes = 0;
  for (let index = 0; index < count; index += 1) {
    const changes = new Map<number, number>();
    const targets = random(3) === 0 ? written : behindDescriptors;
    for (let change = random(3) === 0 ? random(4) : 0; change >= 0; change -= 1) {
      const nearby = (targets[random(targets.length)] ?? 0) + random(3);
      const value = [0, 1, 0x7f, 0xff, random(256)][random(5)] ?? 0;
      changes.set(nearby, value);
    }
    const size = random(10) === 0 ? random(sound.length) : sound.length;
    const source = new DamagedSource(sound, size, changes);
    try {
      const image = openImage("damaged.iso", source);
      embeddedIgnition(image);
      embedIgnition(image, Buffer.from("{}"), { force: true });
      successes += 1;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      expect(error.mistakes).toHaveLength(1);
      expect(error.message).toMatch(/^damaged\.iso: [\x20-\x7e]+\.$/);
    }
    expect(source.readBytes).toBeLessThan(64 * 1_048_576);
  }
  return successes;
}

/** By xz 5.4.1 with `--check=crc32`, of a cpio archive with a config.ign. */
const xzArchive = Buffer.from(
  "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AEHAEddABgN3QRjnRHbQSLLFUyHl76nmH90bpfuESwOrIpdxEpjtP6Kdj" +
    "MZ5Rwnis5MClXi1b5XBdstJGAXd+cMcXAgwhOtoP2OYAAAAAB2sH3VAAFfiAIAAAAnXRIVPjANiwIAAAAAAVla",
  "base64",
);

const archive = writeCpio(new Map([["config.ign", Buffer.from('{"ignition":{}}')]]));
const pointer = { "COREOS/IGNINFO.JSO": Buffer.from('{"file":"images/ignition.img","offset":0}') };

describe("images made by hand", () => {
  test.each([
    ["an empty area", Buffer.alloc(0), {}],
    ["an empty area with a pointer to it", Buffer.alloc(0), pointer],
    ["a plain archive", archive, {}],
    ["gzip", gzipSync(archive), {}],
    ["xz", xzArchive, {}],
  ])("%s", (_, content, otherFiles) => {
    const area = Buffer.concat([content, Buffer.alloc(8_192 - content.length)]);
    const sound = sampleIso({ files: { ...otherFiles, "IMAGES/IGNITION.IMG": area } });
    const count = 500;
    const started = process.cpuUsage();
    const successes = fuzz(sound, count, 7);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(20);
    expect(successes).toBeGreaterThan(count / 50);
    expect(successes).toBeLessThan(count);
  });
});

const fixtures = sharedPath("fixtures/iso");
const installer = peerPath("coreos-installer-0.27.0");
const hasPeers = fixtures !== undefined && installer !== undefined;

describe.skipIf(!hasPeers)(
  "real images (skipped without the shared fixtures and coreos-installer)",
  () => {
    test.each(["embed-areas-2022-02.iso", "embed-areas-2023-07.s390x.iso"])("%s", (name) => {
      const folder = mkdtempSync(join(tmpdir(), "flotilla-fuzz-"));
      try {
        const path = join(folder, name);
        const config = join(folder, "config.ign");
        writeFileSync(path, gunzipSync(readFileSync(join(fixtures ?? "", `${name}.gz`))));
        writeFileSync(config, JSON.stringify({ ignition: { version: "3.4.0" } }).repeat(20));
        execFileSync(installer ?? "", ["iso", "ignition", "embed", "-i", config, path]);
        fuzz(readFileSync(path), 300, 7);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
);

test("the source of this test refuses what is outside", () => {
  const source = new DamagedSource(new Uint8Array(10), 10, new Map());
  expect(() => source.read(5, 6)).toThrow(RangeError);
  expect(memorySource(new Uint8Array(10)).read(5, 5)).toHaveLength(5);
});
