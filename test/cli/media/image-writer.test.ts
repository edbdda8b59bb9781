/** Images on disk: complete or not there, readable only by their owner, and no larger than necessary. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, constants, existsSync, ftruncateSync, mkdirSync } from "node:fs";
import { readdirSync, readFileSync, statSync, truncateSync, watch, writeFileSync } from "node:fs";
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { copySource } from "../../../cli/media/file-copy.ts";
import { openDirect, pieceBytes } from "../../../cli/media/direct-io.ts";
import {
  spaceFor,
  requireSpace,
  streamImage,
  writeImage,
} from "../../../cli/media/image-writer.ts";
import { memorySource, type Patch } from "../../../edge/formats/bytes.ts";
import { patchedSource } from "../../../edge/iso/patched-source.ts";
import { temporaryFolder } from "../temporary.ts";

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && spawnSync("mount", ["--version"]).status === 0;
const mebibyte = 1_048_576;

/** The base and what is written into it. */
function sample(folder: string, size = 10): { base: string; patches: Patch[] } {
  const base = join(folder, "base");
  writeFileSync(base, Buffer.alloc(size, "0123456789"));
  return { base, patches: [{ offset: 3, bytes: Buffer.from("abc") }] };
}

describe("writeImage", () => {
  test("gives the copy its patches and mode 0600, whatever the base's mode is", async () => {
    const folder = temporaryFolder();
    const { base, patches } = sample(folder);
    chmodSync(base, 0o444);
    const output = join(folder, "out", "a.iso");
    await writeImage(copySource(base, folder), output, patches);
    expect(readFileSync(output, "utf8")).toBe("012abc6789");
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "out")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, "out"))).toEqual(["a.iso"]);
  });

  test("no other user can open it while it is written", async () => {
    const folder = temporaryFolder();
    const { base, patches } = sample(folder, 40 * mebibyte);
    chmodSync(base, 0o666);
    mkdirSync(join(folder, "out"), { mode: 0o755 });
    const modes: number[] = [];
    const watcher = watch(join(folder, "out"), (_, name) => {
      const place = join(folder, "out", name ?? "");
      const status = statSync(place, { throwIfNoEntry: false });
      if (status) modes.push(status.mode & 0o077);
    });
    await writeImage(copySource(base, folder), join(folder, "out", "a.iso"), patches);
    await expect.poll(() => modes.length).toBeGreaterThan(1);
    watcher.close();
    expect(new Set(modes)).toEqual(new Set([0]));
  });

  test("removes what killed runs left, even one with the same process ID, and nothing else", async () => {
    const folder = temporaryFolder();
    const { base, patches } = sample(folder);
    for (const left of [`.a.iso.${process.pid}.tmp`, ".a.iso.999999999.tmp"]) {
      mkdirSync(join(folder, left));
      writeFileSync(join(folder, left, "a.iso"), "half");
    }
    writeFileSync(join(folder, ".b.iso.999999999.tmp"), "another image's");
    await writeImage(copySource(base, folder), join(folder, "a.iso"), patches);
    expect(readdirSync(folder).toSorted()).toEqual([".b.iso.999999999.tmp", "a.iso", "base"]);
  });

  test("a base that changes its size in between is refused, and nothing is left", async () => {
    const folder = temporaryFolder();
    const { base, patches } = sample(folder);
    const source = copySource(base, folder);
    truncateSync(base, 5);
    const output = join(folder, "out", "a.iso");
    await expect(writeImage(source, output, patches)).rejects.toThrow(/ while it was read$/);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("holes of the base stay holes", async () => {
    const folder = temporaryFolder();
    const base = join(folder, "base");
    const data = Buffer.alloc(3 * mebibyte + 777, "data ");
    const whole = Buffer.alloc(50 * mebibyte);
    const descriptor = openSync(base, "w");
    ftruncateSync(descriptor, whole.length);
    for (const [bytes, offset] of [
      [data, 20 * mebibyte],
      [Buffer.from([1]), whole.length - 1],
    ] as const) {
      writeSync(descriptor, bytes, 0, bytes.length, offset);
      whole.set(bytes, offset);
    }
    closeSync(descriptor);
    const source = copySource(base, folder);
    if (source.method !== "shared") {
      expect(source.method).toBe("data");
      expect(source.copyBytes).toBeLessThan(4 * mebibyte);
    }
    await writeImage(source, join(folder, "a.iso"), []);
    expect(readFileSync(join(folder, "a.iso")).equals(whole)).toBe(true);
    expect(statSync(join(folder, "a.iso")).blocks * 512).toBeLessThan(5 * mebibyte);
  });

  test.skipIf(!canMount)("a full disk leaves the old file (skipped: needs root)", async () => {
    const folder = temporaryFolder();
    const small = join(folder, "small");
    mkdirSync(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", small]);
    onTestFinished(() => void execFileSync("umount", [small]));
    const { base, patches } = sample(folder, 3 * mebibyte);
    const output = join(small, "a.iso");
    writeFileSync(output, Buffer.alloc(2 * mebibyte, "old"));
    await expect(writeImage(copySource(base, small), output, patches)).rejects.toThrow(
      `${output}: the disk is full; free some space and run the command again`,
    );
    expect(readFileSync(output).equals(Buffer.alloc(2 * mebibyte, "old"))).toBe(true);
    expect(readdirSync(small)).toEqual(["a.iso"]);
  });

  test.skipIf(!canMount)(
    "of several, only those without room fail (skipped: needs root)",
    async () => {
      const folder = temporaryFolder();
      const small = join(folder, "small");
      mkdirSync(small);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", small]);
      onTestFinished(() => void execFileSync("umount", [small]));
      const { base, patches } = sample(folder, 3 * mebibyte);
      const old = join(small, "a.iso");
      writeFileSync(old, Buffer.alloc(2 * mebibyte, "old"));
      const source = copySource(base, small);
      const roomy = ["b.iso", "c.iso"].map((name) => join(folder, name));
      const outcomes = await Promise.allSettled(
        [old, ...roomy].map((output) => writeImage(source, output, patches)),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
      expect(readFileSync(old).equals(Buffer.alloc(2 * mebibyte, "old"))).toBe(true);
      expect(readdirSync(small)).toEqual(["a.iso"]);
      const expected = readFileSync(base);
      expected.set(patches[0]?.bytes ?? [], patches[0]?.offset);
      for (const output of roomy) expect(readFileSync(output).equals(expected)).toBe(true);
    },
  );

  test.skipIf(!canMount)(
    "works on a file system without direct I/O (skipped: needs root)",
    async () => {
      const folder = temporaryFolder();
      const memory = join(folder, "memory");
      mkdirSync(memory);
      execFileSync("mount", ["-t", "ramfs", "none", memory]);
      onTestFinished(() => void execFileSync("umount", [memory]));
      const flags = constants.O_WRONLY | constants.O_CREAT;
      expect(await openDirect(join(memory, "trial"), flags, 0o600)).toBeUndefined();
      const { base, patches } = sample(folder, mebibyte + 1);
      const output = join(memory, "a.iso");
      await writeImage(copySource(base, memory), output, patches);
      const expected = readFileSync(base);
      expected.set(patches[0]?.bytes ?? [], patches[0]?.offset);
      expect(readFileSync(output).equals(expected)).toBe(true);
      expect(statSync(output).mode & 0o777).toBe(0o600);
    },
  );

  test("says how many bytes it copied, and all of them", async () => {
    const folder = temporaryFolder();
    const size = 2 * pieceBytes + 5;
    const { base, patches } = sample(folder, size);
    const source = copySource(base, folder);
    const reports: number[] = [];
    await writeImage(source, join(folder, "a.iso"), patches, (bytes) => void reports.push(bytes));
    expect(reports).toEqual(source.method === "shared" ? [] : [pieceBytes, pieceBytes, 5]);
  });

  test("a run that is killed leaves a whole file or none, and the next one cleans up", async () => {
    const folder = temporaryFolder();
    const { base } = sample(folder, 64 * mebibyte);
    const output = join(folder, "a.iso");
    const script = join(import.meta.dirname, "write-image-process.ts");
    const words = ["first", "second", "third", "fourth", "fifth", "sixth"];
    const expected = words.map((word) => {
      const bytes = readFileSync(base);
      bytes.write(word, 4_096);
      return bytes;
    });
    let interrupted = 0;
    for (const [round, word] of words.entries()) {
      const args = ["--import", "tsx", script, base, output, word];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 3 + round * 13));
      child.kill("SIGKILL");
      await once(child, "exit");
      if (readdirSync(folder).some((name) => name.endsWith(".tmp"))) interrupted += 1;
      if (!existsSync(output)) continue;
      const found = readFileSync(output);
      expect(expected.slice(0, round + 1).some((bytes) => bytes.equals(found))).toBe(true);
      expect(statSync(output).mode & 0o777).toBe(0o600);
    }
    expect(interrupted).toBeGreaterThan(0);
    await writeImage(copySource(base, folder), output, []);
    expect(readdirSync(folder).toSorted()).toEqual(["a.iso", "base"]);
  });
});

test("space is needed for each new image, and for as many replaced ones as are written at once", () => {
  const folder = temporaryFolder();
  for (const path of ["a.iso", "b.iso"]) writeFileSync(join(folder, path), "");
  const images = [
    { path: "a.iso", source: { copyBytes: 10 } },
    { path: "b.iso", source: { copyBytes: 20 } },
    { path: "c.iso", source: { copyBytes: 400 } },
    { path: "d.iso", source: { copyBytes: 800 } },
  ];
  const patches = (count: number) => count * 1_048_576;
  expect(spaceFor(folder, images, 1)).toBe(1220 + patches(3));
  expect(spaceFor(folder, images, 4)).toBe(1230 + patches(4));
  expect(spaceFor(folder, images.slice(0, 2), 1)).toBe(20 + patches(1));
});

describe("requireSpace", () => {
  test("says how much is needed, how much is free, and what to do", () => {
    requireSpace(temporaryFolder(), 1, 1);
    const folder = temporaryFolder();
    expect(() => requireSpace(folder, 2 ** 60, 100)).toThrow(
      /^100 images would take 1048576 TiB in \S+, and [\d.]+ [KMGT]iB are free\. Make fewer at a time, /,
    );
  });
});

describe("an image that is not written", () => {
  const patch = fc.record({
    offset: fc.nat({ max: 90 }),
    bytes: fc.uint8Array({ minLength: 0, maxLength: 10 }),
  });

  test("reads like the patched copy, at every position", () => {
    const plain = Uint8Array.from({ length: 100 }, (_, index) => index);
    fc.assert(
      fc.property(
        fc.array(patch, { maxLength: 5 }),
        fc.nat({ max: 100 }),
        fc.nat({ max: 100 }),
        (patches, start, length) => {
          const whole = plain.slice();
          for (const { offset, bytes } of patches) whole.set(bytes, offset);
          const end = Math.min(start + length, 100);
          const source = patchedSource(memorySource(plain), patches);
          expect(source.read(start, end - start)).toEqual(whole.slice(start, end));
        },
      ),
    );
    expect([...plain.entries()].every(([index, byte]) => index === byte)).toBe(true);
  });

  test("is streamed no faster than its reader takes it", async () => {
    const bytes = Buffer.alloc(21 * mebibyte + 5, "an image ");
    let waiting = 0;
    let waitingMost = 0;
    const taken: Buffer[] = [];
    const source = memorySource(bytes);
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        setTimeout(() => {
          taken.push(Buffer.from(chunk));
          waiting -= 1;
          done();
        }, 5);
      },
    });
    const counted = {
      size: source.size,
      read(offset: number, length: number) {
        waiting += 1;
        waitingMost = Math.max(waitingMost, waiting);
        return source.read(offset, length);
      },
    };
    await streamImage(counted, slow);
    expect(Buffer.concat(taken).equals(bytes)).toBe(true);
    expect(waitingMost).toBe(1);
  });

  test("a reader that goes away is an error", async () => {
    const gone = new Writable({
      write: (_chunk, _encoding, done) => done(new Error("the reader is gone")),
    });
    gone.on("error", () => {});
    await expect(streamImage(memorySource(new Uint8Array(9)), gone)).rejects.toThrow("gone");
  });
});
