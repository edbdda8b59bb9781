/**
 * Damages images and other input in many ways, the same ways each time: whatever is wrong, the
 * outcome is a success or a named error, no byte outside the image is asked for, and the work
 * has a limit.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../edge/formats/bytes.ts";
import type { ByteSource } from "../../../edge/formats/bytes.ts";
import { writeCpio } from "../../../edge/formats/cpio.ts";
import { canReadZstd } from "../../../edge/formats/zstd.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";
import { peerPath, sharedPath } from "../../peers/peers.ts";
import { sampleIso } from "../formats/sample-iso.ts";

/** What is done with an image; it may refuse the image. */
export type Operation = (source: ByteSource) => unknown;

/** The Park-Miller generator: the same numbers each time. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

/** A source that replaces some bytes, may end early, and counts what is read. */
export class DamagedSource implements ByteSource {
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

/** How often each image is damaged; many more in a long run of its own. */
const cases = Number(process.env["FLOTILLA_FUZZ_CASES"] ?? 120);

/** Damages `sound` in `count` ways; returns how often the first operation succeeded. */
function fuzz(
  sound: Uint8Array,
  operations: readonly Operation[],
  count: number,
  seed: number,
): number {
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
    for (const [number, operation] of operations.entries()) {
      if (isRefused(() => operation(source))) continue;
      if (number === 0) successes += 1;
    }
    expect(source.readBytes).toBeLessThan(64 * 1_048_576);
  }
  return successes;
}

/** Whether the work was refused by a named error of one line. */
function isRefused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.mistakes).toHaveLength(1);
    expect(error.message).toMatch(/^[\w.]+: [^\0-\x1f\x7f]+$/);
    expect(error.reference.length).toBeGreaterThan(0);
    return true;
  }
}

/** By xz 5.4.1 with `--check=crc32`, of a cpio archive with a config.ign. */
const xzArchive = Buffer.from(
  "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AEHAEddABgN3QRjnRHbQSLLFUyHl76nmH90bpfuESwOrIpdxEpjtP6Kdj" +
    "MZ5Rwnis5MClXi1b5XBdstJGAXd+cMcXAgwhOtoP2OYAAAAAB2sH3VAAFfiAIAAAAnXRIVPjANiwIAAAAAAVla",
  "base64",
);

/** By zstd 1.5.4 with `-19`, of `archive`. */
const zstdArchive = Buffer.from(
  "KLUv/QRoXQIA4gMNEaDtkbeo2dr/waGWkhD8L0QKtg0AWEils9j/u1ZqQpQ7N8IN1BGugPuidG9/Hy+jfJycPAkg0NsDRWLL4eEt4DP8wWVcSYyMRATuSQ==",
  "base64",
);

const archive = writeCpio(new Map([["config.ign", Buffer.from('{"ignition":{}}')]]));
const pointer = { "COREOS/IGNINFO.JSO": Buffer.from('{"file":"images/ignition.img","offset":0}') };

/** What the readers of features and of kernel arguments find. */
const texts = {
  "COREOS/FEATURES.JSO": Buffer.from(
    '{"installer-config":true,"installer-config-directives":{"console":true},' +
      '"live-initrd-network":true}',
  ),
  "COREOS/KARGS.JSO": Buffer.from(
    '{"default":"quiet","files":[{"path":"EFI/GRUB.CFG","offset":2,"pad":"#","end":"\\n"}],' +
      '"size":64}',
  ),
  "EFI/GRUB.CFG": Buffer.from(`x quiet a=b\n${"#".repeat(80)}`),
};

const fixtures = sharedPath("fixtures/iso");
const installer = peerPath("coreos-installer-0.27.0");
const hasPeers = fixtures !== undefined && installer !== undefined;

/** Tests of the operations with images that are damaged in many ways. */
export function describeDamagedImages(operations: readonly Operation[]): void {
  describe("images made by hand", () => {
    test.each([
      ["an empty area", Buffer.alloc(0), {}],
      ["an empty area with a pointer to it", Buffer.alloc(0), pointer],
      ["a plain archive", archive, {}],
      ["gzip", gzipSync(archive), {}],
      ["xz", xzArchive, {}],
      ...(canReadZstd ? [["zstd", zstdArchive, {}] as const] : []),
    ] as const)("%s", { timeout: 3_600_000 }, (_, content, otherFiles) => {
      const area = Buffer.concat([content, Buffer.alloc(8_192 - content.length)]);
      const sound = sampleIso({ files: { ...texts, ...otherFiles, "IMAGES/IGNITION.IMG": area } });
      const count = cases;
      const started = process.cpuUsage();
      const successes = fuzz(sound, operations, count, 7);
      const { user, system } = process.cpuUsage(started);
      expect((user + system) / 1e6).toBeLessThan(10 + count * 0.1);
      expect(successes).toBeGreaterThan(count / 50);
      expect(successes).toBeLessThan(count);
    });
  });

  describe.skipIf(!hasPeers)(
    "real images (skipped without the shared fixtures and coreos-installer)",
    () => {
      test.each([
        "embed-areas-2021-01.iso",
        "embed-areas-2022-02.iso",
        "embed-areas-2023-07.s390x.iso",
      ])("%s", { timeout: 3_600_000 }, (fixture) => {
        const folder = mkdtempSync(join(tmpdir(), "flotilla-fuzz-"));
        try {
          const path = join(folder, fixture);
          const config = join(folder, "config.ign");
          writeFileSync(path, gunzipSync(readFileSync(join(fixtures ?? "", `${fixture}.gz`))));
          writeFileSync(config, JSON.stringify({ ignition: { version: "3.4.0" } }).repeat(20));
          execFileSync(installer ?? "", ["iso", "ignition", "embed", "-i", config, path]);
          execFileSync(installer ?? "", ["iso", "kargs", "modify", "-a", "a=b", path]);
          fuzz(readFileSync(path), operations, cases, 7);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    },
  );
}

/** Reads samples with some bytes changed, and perhaps cut off. */
export function readDamaged(
  samples: readonly string[],
  read: (bytes: Uint8Array) => unknown,
): void {
  const random = generator(11);
  let accepted = 0;
  for (let index = 0; index < cases * 10; index += 1) {
    const bytes = Buffer.from(samples[random(samples.length)] ?? "");
    for (let change = random(4); change >= 0; change -= 1) {
      const value = [0, 0x22, 0x5b, 0x7b, 0x2c, 0xff, random(256)][random(7)] ?? 0;
      bytes[random(bytes.length)] = value;
    }
    const end = random(10) === 0 ? random(bytes.length) : bytes.length;
    try {
      read(bytes.subarray(0, end));
      accepted += 1;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      expect(error.reference.length).toBeGreaterThan(0);
    }
  }
  expect(accepted).toBeGreaterThan(cases / 10);
}

/** Ignition configs to damage. */
export const ignitionSamples: readonly string[] = [
  '{"ignition":{"version":"3.4.0","security":{"tls":{}}},"storage":{"files":[{"path":"/a",' +
    '"mode":420,"contents":{"source":"data:,x","verification":{"hash":"sha512-00"}}}]}}',
  '{"ignition":{"version":"3.0.0"},"systemd":{"units":[{"name":"\\u00e9","mask":true}]}}',
];
