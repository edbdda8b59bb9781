/** `flotilla iso`, compared with every recorded case of coreos-installer 0.27.0. */
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memorySource } from "../../../../edge/formats/bytes.ts";
import { areaFiles } from "../../../../edge/iso/area.ts";
import { openImage } from "../../../../edge/iso/image.ts";
import { sharedPath } from "../../../peers/peers.ts";
import { changedRanges, comparable, decodedConfig, filledIn, iso, places } from "./iso-run.ts";
import type { Range } from "./iso-run.ts";

interface Vector {
  readonly name: string;
  readonly fixture: string;
  readonly prep: readonly (readonly string[])[];
  readonly prepared?: string;
  readonly args: readonly string[];
  readonly inputSha256: string;
  readonly exitCode: number;
  readonly stderr: string;
  readonly inputModified: boolean;
  readonly stdout?: string | null;
  readonly stdoutSha256?: string;
  readonly stdoutBytes?: number;
  readonly outputBytes?: number;
  readonly outputMode?: string;
  readonly outputSha256?: string;
  /** Null where the output is another image than the input. */
  readonly changed?: readonly Range[] | null;
  readonly embedArea?: {
    readonly cpioBytes?: number;
    readonly cpioSha256?: string;
    readonly entries?: readonly { readonly name: string; readonly mode: string }[];
    readonly configDecoded?: unknown;
  } | null;
}

const vectorFolder = sharedPath("vectors/iso") ?? "";
const fixtureFolder = sharedPath("fixtures/iso") ?? "";
const hasVectors = vectorFolder !== "" && fixtureFolder !== "";
const { vectors } = hasVectors
  ? (JSON.parse(readFileSync(join(vectorFolder, "manifest.json"), "utf8")) as {
      vectors: readonly Vector[];
    })
  : { vectors: [] };

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Where the embed area is, or an empty place in an image that has none. */
function areaOf(image: Buffer): Range {
  try {
    return openImage("image", memorySource(image)).ignitionArea;
  } catch {
    return { offset: 0, length: 0 };
  }
}

const isOutside = (area: Range) => (range: Range) =>
  range.offset < area.offset || range.offset >= area.offset + area.length;

/** What is embedded, against what was recorded. */
function expectArea(after: Buffer, { embedArea: recorded, name }: Vector): void {
  const area = areaOf(after);
  const files = areaFiles(openImage("image", memorySource(after)));
  if (!recorded?.entries) {
    expect([...files.keys()]).toEqual([]);
    expect(after.subarray(area.offset, area.offset + area.length).some((byte) => byte > 0)).toBe(
      false,
    );
    return;
  }
  const entries = recorded.entries.filter(({ mode }) => mode.startsWith("100"));
  expect([...files.keys()]).toEqual(entries.map((entry) => entry.name));
  const config = files.get("config.ign");
  if (name.startsWith("customize") && config !== undefined) {
    const decoded = decodedConfig(JSON.parse(Buffer.from(config).toString("utf8")));
    expect(decoded).toEqual(recorded.configDecoded);
    expect(Buffer.from(config).at(-1)).toBe(0x0a);
  } else if (isCompressed(after, area)) {
    const cpio = gunzipSync(after.subarray(area.offset, area.offset + area.length));
    expect(cpio.length).toBe(recorded.cpioBytes);
    expect(sha256(cpio)).toBe(recorded.cpioSha256);
  }
}

const isCompressed = (image: Buffer, { offset }: Range) =>
  image[offset] === 0x1f && image[offset + 1] === 0x8b;

describe.skipIf(!hasVectors)("recorded cases (skipped without the shared vectors)", () => {
  const root = mkdtempSync(join(tmpdir(), "flotilla-iso-"));
  const inputs = join(root, "inputs");
  afterAll(() => rmSync(root, { recursive: true }));

  beforeAll(() => {
    cpSync(join(vectorFolder, "inputs"), inputs, { recursive: true });
    const packed = readFileSync(join(inputs, "rep-8m.ign.gz"));
    writeFileSync(join(inputs, "rep-8m.ign"), gunzipSync(packed));
  });

  test("there are all of them", () => expect(vectors.length).toBeGreaterThanOrEqual(264));

  test.each(vectors.map((vector, index) => ({ ...vector, index })))("$name", async (vector) => {
    const where = places(inputs, join(root, String(vector.index)));
    const packed =
      vector.prepared === undefined
        ? join(fixtureFolder, `${vector.fixture}.gz`)
        : join(vectorFolder, vector.prepared);
    writeFileSync(where.iso, gunzipSync(readFileSync(packed)), { mode: 0o644 });
    for (const args of vector.prep) {
      expect((await iso(filledIn(args.slice(1), where))).code).toBe(0);
    }
    const before = readFileSync(where.iso);
    const isSame = vector.prep.every((args) => args[1] === "kargs");
    if (isSame) expect(sha256(before)).toBe(vector.inputSha256);

    const standardInput = () => readFileSync(join(inputs, "min.ign"));
    const run = await iso(filledIn(vector.args.slice(1), where), { standardInput });
    expect(comparable(run.err, where)).toBe(
      comparable(vector.stderr, { ...where, in: "{in}", out: "{out}", w: "{w}" }),
    );
    expect(run.code).toBe(vector.exitCode);
    const left = readFileSync(where.iso);
    expect(left.equals(before)).toBe(!vector.inputModified);

    const isImageOut = vector.args.includes("-") && vector.stdoutBytes === before.length;
    if (isImageOut) {
      expect(run.out.length).toBe(before.length);
      const { offset, length } = areaOf(before);
      expect(changedRanges(before, run.out).filter(isOutside({ offset, length }))).toEqual([]);
    } else if (vector.stdoutSha256 !== undefined) {
      expect(sha256(run.out)).toBe(vector.stdoutSha256);
    } else {
      expect(run.out.toString()).toBe("");
    }
    if (vector.exitCode !== 0 || vector.changed === undefined) return;

    const output = vector.inputModified ? where.iso : where.out;
    const after = readFileSync(output);
    if (vector.outputBytes !== undefined) expect(after.length).toBe(vector.outputBytes);
    if (vector.outputMode !== undefined) {
      expect((statSync(output).mode & 0o777).toString(8)).toBe(vector.outputMode);
    }
    const isExact = vector.args[1] === "kargs" || vector.args[1] === "extract";
    if (isExact) expect(sha256(after)).toBe(vector.outputSha256);
    if (vector.changed === null) return;
    const area = areaOf(after);
    const changed = changedRanges(before, after);
    expect(changed.filter(isOutside(area))).toEqual(vector.changed.filter(isOutside(area)));
    const inArea = changed.find((range) => !isOutside(area)(range));
    const recorded = vector.changed.find((range) => !isOutside(area)(range));
    expect(inArea === undefined).toBe(recorded === undefined);
    if (isSame && recorded) expect(inArea?.offset).toBe(recorded.offset);
    if (vector.args[1] !== "kargs") expectArea(after, vector);
  });
});
