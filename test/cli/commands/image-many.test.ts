/** Many images from one base; one that is streamed; images of devices that are gone. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImage } from "../../../edge/iso/image.ts";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
const isRoot = process.getuid?.() === 0;

/** A folder with a first fleet of three x86 devices, its key, and a base image. */
async function fleetFolder(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  if (skeleton) writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(skeleton)));
  return folder;
}

const place = (name: string) => `dist/edge/${name}/${name}.iso`;

/** The host name in the configuration that an image installs. */
function installed(bytes: Buffer): string {
  const config = embeddedInstall(openImage("", memorySource(bytes)))?.device ?? Buffer.of();
  const { storage } = JSON.parse(Buffer.from(config).toString()) as {
    storage: { files: { path: string; contents: { source: string } }[] };
  };
  const file = storage.files.find(({ path }) => path === "/etc/hostname");
  return decodeURIComponent(file?.contents.source.replace("data:,", "") ?? "").trim();
}

function replaceIn(path: string, old: string, replacement: string): void {
  const text = readFileSync(path, "utf8");
  expect(text).toContain(old);
  writeFileSync(path, text.replace(old, replacement));
}

describe.skipIf(!skeleton)("many images (skipped if ../shared is absent)", () => {
  test("of all devices, each its own; progress a line each, a table at the end", async () => {
    const folder = await fleetFolder();
    const run = await flotilla(folder, ["image", "--all", "--allow-release", "--base", "base.iso"]);
    expect([run.code, run.out]).toEqual([
      0,
      "device    image                           base\n" +
        "cafe-01   dist/edge/cafe-01/cafe-01.iso   base.iso\n" +
        "cafe-02   dist/edge/cafe-02/cafe-02.iso   base.iso\n" +
        "cafe-03   dist/edge/cafe-03/cafe-03.iso   base.iso\n",
    ]);
    const lines = run.err.split("\n").map((line) => line.replace(/cafe-0\d/g, "cafe-0N"));
    expect(lines[0]).toMatch(
      /^warning: base\.iso: it is Fedora CoreOS 38\.20230718\.dev\.0, older /,
    );
    expect(lines.slice(2)).toEqual([
      ...[1, 2, 3].map((number) => `${number} of 3: ${place("cafe-0N")}`),
      expect.stringMatching(/^3 images in [\d.]+ s/),
      expect.stringContaining("Each installs its device and contains its private keys"),
      "",
    ]);
    for (const name of ["cafe-01", "cafe-02", "cafe-03"]) {
      expect(installed(readFileSync(join(folder, place(name))))).toBe(name);
      expect(statSync(join(folder, place(name))).mode & 0o777).toBe(0o600);
    }
  });

  test("of a pattern and a name, each once; on a terminal one line is drawn over", async () => {
    const folder = await fleetFolder();
    const drawn: string[] = [];
    const run = await flotilla(
      folder,
      ["image", "cafe-0?", "cafe-02", "--allow-release", "--base", "base.iso", "--json"],
      {},
      { redraw: (line) => void drawn.push(line) },
    );
    expect(JSON.parse(run.out)).toEqual({
      images: ["cafe-01", "cafe-02", "cafe-03"].map((device) => ({
        device,
        path: place(device),
        base: "base.iso",
        volume: "fedora-coreos-38.20230718.dev.0",
      })),
      failures: [],
      seconds: expect.any(Number),
      blocksShared: expect.any(Boolean),
    });
    // How often the meter is drawn is a matter of time, but once it is.
    const meter = /^0 of 3 images: \d+% of 3\.00 MiB/;
    const { blocksShared } = JSON.parse(run.out) as { blocksShared: boolean };
    expect(drawn.some((line) => meter.test(line))).toBe(!blocksShared);
    const images = drawn.filter((line) => !line.includes("%"));
    expect(images.map((line) => line.replace(/\d$/, "N"))).toEqual([
      "0 of 3 images",
      ...[1, 2, 3].map((number) => `${number} of 3 images: cafe-0N`),
      "",
    ]);
    expect(run.err).not.toContain("of 3");
  });

  test("one that fails does not stop the others, and the exit code is 1", async () => {
    const folder = await fleetFolder();
    // A folder is where the image should be.
    mkdirSync(join(folder, place("cafe-02"), "x"), { recursive: true });
    const run = await flotilla(folder, [
      "image",
      "cafe-*",
      "--allow-release",
      "--base",
      "base.iso",
    ]);
    expect(run.code).toBe(1);
    expect(run.out.match(/cafe-0\d(?= )/g)).toEqual(["cafe-01", "cafe-03"]);
    expect(run.err).toContain("cafe-02 FAILED: ");
    expect(run.err).toMatch(/\nflotilla: 1 of 3 images failed: cafe-02\n$/);
    expect(readdirSync(join(folder, "dist/edge/cafe-02"))).toEqual(["cafe-02.iso"]);

    const args = ["image", "--all", "--allow-release", "--base", "base.iso", "--json"];
    const { code, out } = await flotilla(folder, args);
    expect([code, JSON.parse(out)]).toMatchObject([
      1,
      {
        error: "1 of 3 images failed: cafe-02",
        images: [{ device: "cafe-01" }, { device: "cafe-03" }],
        failures: [{ device: "cafe-02", message: expect.stringContaining(place("cafe-02")) }],
      },
    ]);
  });

  test("from one base for two architectures is refused before anything is made", async () => {
    const folder = await fleetFolder();
    replaceIn(join(folder, "fleet.yaml"), "architecture: x86_64", "architecture: aarch64");
    const named = "fedora-coreos-44.20260707.3.1-live-iso.x86_64.iso";
    writeFileSync(join(folder, named), readFileSync(join(folder, "base.iso")));
    const { code, err } = await flotilla(folder, ["image", "--all", "--base", named]);
    expect([code, err]).toEqual([
      1,
      `${named}: this ISO is for x86_64, and cafe-01 (profile mini-pc) is aarch64. Give the one ` +
        "whose name ends in aarch64.iso\nflotilla: 1 mistake\n",
    ]);
    const fleetFile = join(folder, "fleet.yaml");
    const other = "  other: { architecture: x86_64, disk: /dev/sda }\n";
    replaceIn(fleetFile, "  mini-pc:\n", `${other}  mini-pc:\n`);
    replaceIn(fleetFile, "  cafe-{02..03}:\n", "  cafe-{02..03}:\n    profile: other\n");
    const mixed = await flotilla(folder, [
      "image",
      "--all",
      "--allow-release",
      "--base",
      "base.iso",
    ]);
    expect([mixed.code, mixed.err]).toEqual([
      1,
      "base.iso: one ISO serves one architecture; cafe-02 (and 1 more) is x86_64, and others are " +
        "not. Name devices of one architecture, or omit --base\nflotilla: 1 mistake\n",
    ]);
    expect(existsSync(join(folder, "dist"))).toBe(false);
  });

  test("without a base: the pinned one, from the cache", async () => {
    const folder = await fleetFolder();
    await flotilla(folder, ["synth", "--only", "gitops"]);
    const lock = readFileSync(join(folder, "fleet.lock.yaml"), "utf8");
    const [, url = "", sha256 = ""] =
      /x86_64:\n\s+url: (\S+\.iso)\n\s+sha256: (\w+)/.exec(lock) ?? [];
    const cached = join(folder, "cache", "iso", sha256);
    mkdirSync(cached, { recursive: true });
    const file = join(cached, url.split("/").at(-1) ?? "");
    writeFileSync(file, readFileSync(join(folder, "base.iso")));
    const { size, mtimeMs } = statSync(file);
    writeFileSync(`${file}.checked`, `${size} bytes, changed ${mtimeMs}\n`);
    const cache = { FLOTILLA_CACHE: join(folder, "cache") };
    const { code, out } = await flotilla(folder, ["image", "cafe-01", "--json"], cache);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ device: "cafe-01", base: file });
    expect(installed(readFileSync(join(folder, place("cafe-01"))))).toBe("cafe-01");
  });

  test("a device that leaves the fleet takes its image with it, and others keep theirs", async () => {
    const folder = await fleetFolder();
    const edge = join(folder, "dist/edge");
    await flotilla(folder, ["image", "--all", "--allow-release", "--base", "base.iso"]);
    await flotilla(folder, ["synth", "--only", "edge"]);
    const before = statSync(join(folder, place("cafe-01"))).mtimeMs;
    expect(readFileSync(join(edge, ".flotilla-files"), "utf8")).toContain("cafe-03/cafe-03.iso\n");
    // What a killed run left of it holds the same keys.
    mkdirSync(join(edge, "cafe-03/.cafe-03.iso.999999999.tmp"));
    replaceIn(join(folder, "fleet.yaml"), "cafe-{02..03}", "cafe-{02..02}");
    await flotilla(folder, ["synth"]);
    expect(readdirSync(edge).toSorted()).toEqual([".flotilla-files", "cafe-01", "cafe-02"]);
    expect(statSync(join(folder, place("cafe-01"))).mtimeMs).toBe(before);
    expect(readFileSync(join(edge, ".flotilla-files"), "utf8")).not.toContain("cafe-03");
    // An image that somebody deleted is forgotten.
    rmSync(join(folder, place("cafe-02")));
    await flotilla(folder, ["synth", "--only", "edge"]);
    const list = readFileSync(join(edge, ".flotilla-files"), "utf8");
    expect(list).toContain("cafe-01/cafe-01.iso\n");
    expect(list).not.toContain("cafe-02/cafe-02.iso");
  });

  test.skipIf(isRoot)("a folder that is closed is named (skipped for root)", async () => {
    const folder = await fleetFolder();
    mkdirSync(join(folder, "dist"), { mode: 0o500 });
    const { code, err } = await flotilla(folder, [
      "image",
      "--all",
      "--allow-release",
      "--base",
      "base.iso",
    ]);
    chmodSync(join(folder, "dist"), 0o700);
    expect([code, err]).toEqual([1, expect.stringContaining("no permission")]);
  });
});

describe.skipIf(!skeleton)("image --stdout (skipped if ../shared is absent)", () => {
  test("streams the bytes that would be written, and writes none", async () => {
    const folder = await fleetFolder();
    const stream = new PassThrough();
    const bytes = buffer(stream);
    const args = ["image", "cafe-02", "--stdout", "--allow-release", "--base", "base.iso"];
    const run = await flotilla(folder, args, {}, { stream });
    stream.end();
    expect(run).toMatchObject({ code: 0, out: "" });
    expect(existsSync(join(folder, "dist"))).toBe(false);
    await flotilla(folder, ["image", "cafe-02", "--allow-release", "--base", "base.iso"]);
    expect((await bytes).equals(readFileSync(join(folder, place("cafe-02"))))).toBe(true);
  });

  test("refuses a terminal", async () => {
    const folder = await fleetFolder();
    const stream = Object.assign(new PassThrough(), { isTTY: true });
    const args = ["image", "cafe-02", "--stdout", "--allow-release", "--base", "base.iso"];
    expect(await flotilla(folder, args, {}, { stream })).toEqual({
      code: 1,
      out: "",
      err:
        "flotilla: an image can't be written to a terminal. Redirect it: " +
        "flotilla image cafe-02 --stdout > cafe-02.iso\n",
    });
  });
});

test("a pattern that nothing is named like, and a name that does not exist", async () => {
  const folder = await fleetFolder();
  const said = async (...words: string[]) => (await flotilla(folder, ["image", ...words])).err;
  expect(await said("cafe-*", "shop-*")).toBe(
    'fleet.yaml: no device of this fleet matches "shop-*". There are 3: cafe-01, cafe-02, ' +
      "cafe-03\nflotilla: 1 mistake\n",
  );
  expect(await said("cafe-01", "cafe-3")).toBe(
    'fleet.yaml: this fleet has no device "cafe-3". Did you mean cafe-03?\n' +
      "flotilla: 1 mistake\n",
  );
});
