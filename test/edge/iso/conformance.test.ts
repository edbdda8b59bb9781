/**
 * Held to the recorded behaviour of coreos-installer 0.27.0 (`iso ignition embed` and `show`), and
 * to the tool itself: each reads what the other wrote.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import type { Patch } from "../../../edge/formats/bytes.ts";
import { areaFiles, areaPatch } from "../../../edge/iso/area.ts";
import { embeddedIgnition, embedIgnition } from "../../../edge/iso/ignition.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { peerPath, sharedPath } from "../../peers/peers.ts";

interface Vector {
  readonly name: string;
  readonly fixture: string;
  readonly prep: readonly (readonly string[])[];
  readonly prepared?: string;
  readonly args: readonly string[];
  readonly inputSha256: string;
  readonly exitCode: number;
  readonly stdoutSha256?: string;
  readonly changed?: readonly { readonly offset: number }[];
  readonly embedArea?: { readonly cpioBytes: number; readonly cpioSha256: string };
}

interface Manifest {
  readonly fixtures: Readonly<
    Record<
      string,
      { readonly ignition: { readonly offset: number; readonly length: number } | null }
    >
  >;
  readonly vectors: readonly Vector[];
}

const vectorFolder = sharedPath("vectors/iso") ?? "";
const fixtureFolder = sharedPath("fixtures/iso") ?? "";
const hasVectors = vectorFolder !== "" && fixtureFolder !== "";
const manifest: Manifest = hasVectors
  ? (JSON.parse(readFileSync(join(vectorFolder, "manifest.json"), "utf8")) as Manifest)
  : { fixtures: {}, vectors: [] };

/** What these show is of the command line: standard streams, missing files and folders. */
const ofTheCommandLine = /^embed\/(stdin|stdout|missing-|out-)/;

const vectors = manifest.vectors.filter(
  ({ name, args }) =>
    args[1] === "ignition" &&
    (args[2] === "embed" || args[2] === "show") &&
    !ofTheCommandLine.test(name),
);

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const fixture = (name: string) => gunzipSync(readFileSync(join(fixtureFolder, `${name}.gz`)));
const open = (image: Uint8Array) => openImage("base.iso", memorySource(image));

function input(argument: string): Uint8Array {
  const path = join(vectorFolder, "inputs", basename(argument));
  return path.endsWith("rep-8m.ign") ? gunzipSync(readFileSync(`${path}.gz`)) : readFileSync(path);
}

function patched(image: Uint8Array, patches: readonly Patch[]): Buffer {
  const bytes = Buffer.from(image);
  for (const patch of patches) bytes.set(patch.bytes, patch.offset);
  return bytes;
}

const argumentAfter = (args: readonly string[], flag: string) => args[args.indexOf(flag) + 1] ?? "";

function embed(image: Uint8Array, args: readonly string[]): Buffer {
  const config = input(argumentAfter(args, "-i"));
  return patched(image, embedIgnition(open(image), config, { force: args.includes("-f") }));
}

/** The image that a vector begins with; its preparation is done by the code under test. */
function prepared(vector: Vector): Uint8Array {
  let image: Uint8Array =
    vector.prepared === undefined
      ? fixture(vector.fixture)
      : gunzipSync(readFileSync(join(vectorFolder, vector.prepared)));
  if (vector.prep.length === 0) expect(sha256(image)).toBe(vector.inputSha256);
  for (const args of vector.prep) {
    if (args[1] === "network") {
      const keyfile = argumentAfter(args, "-k");
      const path = `etc/coreos-firstboot-network/${basename(keyfile)}`;
      image = patched(image, [areaPatch(open(image), new Map([[path, input(keyfile)]]))]);
    } else {
      image = embed(image, args);
    }
  }
  return image;
}

/** What the work makes, or undefined where it refuses its input. */
function accepted<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

describe.skipIf(!hasVectors)("recorded behaviour (skipped without the shared vectors)", () => {
  test("every recorded embed and show is among them", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(100);
  });

  test.each(Object.entries(manifest.fixtures))("the area of %s", (name, { ignition }) => {
    expect(accepted(() => open(fixture(name)).ignitionArea)).toEqual(ignition ?? undefined);
  });

  test.each(vectors.filter(({ args }) => args[2] === "show"))("$name", (vector) => {
    const image = prepared(vector);
    const config = accepted(() => embeddedIgnition(open(image)));
    expect(config === undefined ? 1 : 0).toBe(vector.exitCode);
    if (config !== undefined) expect(sha256(config)).toBe(vector.stdoutSha256);
  });

  test.each(vectors.filter(({ args }) => args[2] === "embed"))("$name", (vector) => {
    const image = prepared(vector);
    const embedded = accepted(() => embed(image, vector.args));
    expect(embedded === undefined ? 1 : 0).toBe(vector.exitCode);
    if (embedded === undefined) return;
    const { offset, length } = open(image).ignitionArea;
    const before = Buffer.from(image);
    expect(embedded.length).toBe(before.length);
    expect(embedded.subarray(0, offset).equals(before.subarray(0, offset))).toBe(true);
    expect(embedded.subarray(offset + length).equals(before.subarray(offset + length))).toBe(true);
    const changed = vector.changed?.[0]?.offset ?? -1;
    expect(changed).toBeGreaterThanOrEqual(offset);
    if (vector.prep.length === 0) expect(changed).toBe(offset);
    const cpio = gunzipSync(embedded.subarray(offset, offset + length));
    expect(cpio.length).toBe(vector.embedArea?.cpioBytes);
    expect(sha256(cpio)).toBe(vector.embedArea?.cpioSha256);
  });
});

const installer = peerPath("coreos-installer-0.27.0") ?? "";
const images = Object.keys(manifest.fixtures).filter((name) => manifest.fixtures[name]?.ignition);
const configs = ["min.ign", "min-mod4.ign", "cfg-100k.ign", "rnd-250k.ign", "rep-8m.ign"];

describe.skipIf(!hasVectors || installer === "")(
  "the real coreos-installer (skipped without it or without the shared fixtures)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "flotilla-iso-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "image.iso");
    const run = (...args: readonly string[]) =>
      execFileSync(installer, ["iso", ...args], { maxBuffer: 2 ** 26 });

    test.each(images)("%s: each shows what the other embedded", (name) => {
      for (const configName of configs) {
        const config = Buffer.from(input(configName));
        const image = fixture(name);
        writeFileSync(path, patched(image, embedIgnition(open(image), config, { force: false })));
        expect(run("ignition", "show", path).equals(config), configName).toBe(true);

        writeFileSync(path, image);
        writeFileSync(join(folder, configName), config);
        run("ignition", "embed", "-i", join(folder, configName), path);
        const shown = embeddedIgnition(open(readFileSync(path)));
        expect(Buffer.compare(shown ?? Buffer.from("nothing"), config), configName).toBe(0);
      }
    });

    test("network settings that the tool embedded stay beside our config", () => {
      const keyfile = join(vectorFolder, "inputs", "lab.nmconnection");
      writeFileSync(path, fixture("embed-areas-2023-07.x86_64.iso"));
      run("network", "embed", "-k", keyfile, path);
      const image = readFileSync(path);
      const config = Buffer.from("{}");
      writeFileSync(path, patched(image, embedIgnition(open(image), config, { force: false })));
      run("network", "extract", "-C", folder, path);
      expect(readFileSync(join(folder, "lab.nmconnection"))).toEqual(readFileSync(keyfile));
      expect([...areaFiles(open(readFileSync(path))).keys()]).toHaveLength(2);
    });
  },
);
