/** The image of a site as a source of bytes, and what writes it to a stick. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { withSiteImage } from "../../../cli/media/site-image.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
const site = "harbour-street";
const silent = { environment: {}, out: () => {}, progress: () => {} };

async function fleetFolder(): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8")
    .replace(/^profiles:\n/m, "profiles:\n  pi: { architecture: aarch64, disk: /dev/sda }\n")
    .replace(
      /^devices:\n( .*\n|#.*\n|\n)*/m,
      `devices:\n  till-{1..5}: { site: ${site} }\n  sign-1: { site: ${site}, profile: pi }\n`,
    );
  writeFileSync(file, text);
  await flotilla(folder, ["keygen"]);
  if (skeleton) writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(skeleton)));
  return folder;
}

describe.skipIf(!skeleton)("an image of a site (skipped if ../shared is absent)", () => {
  test("has the same bytes as the file of flotilla image --shared", async () => {
    const folder = await fleetFolder();
    const filter = { site, words: ["till-*"] };
    const base = ["--base", "base.iso", "--allow-release"];
    await flotilla(folder, ["image", "till-*", "--site", site, "--shared", ...base]);
    const path = join(folder, `dist/edge/_sites/${site}/${site}-x86_64.iso`);
    const options = { base: join(folder, "base.iso"), allowRelease: true };
    const fleet = join(folder, "fleet.yaml");
    const found = await withSiteImage(fleet, filter, options, silent, async (image) => {
      expect(image.contents.devices).toEqual(["till-1", "till-2", "till-3", "till-4", "till-5"]);
      return Buffer.from(image.source.read(0, image.source.size));
    });
    expect(found.equals(readFileSync(path))).toBe(true);
  });
});

test.skipIf(process.platform !== "linux")("a stick has one architecture", async () => {
  const folder = await fleetFolder();
  const flash = (words: readonly string[]) => flotilla(folder, ["flash", ...words, "--yes"]);
  expect((await flash(["--site", site, "/dev/sdzz"])).err).toMatch(
    /^\/dev\/sdzz: it does not exist/,
  );
  expect((await flash(["till-*", "/dev/sdzz", "--site", site])).code).toBe(1);
  expect(await flash(["till-1"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("error: missing required argument 'disk'\n"),
  });
  await expect(
    withSiteImage(join(folder, "fleet.yaml"), { site }, {}, silent, async () => "made"),
  ).rejects.toThrow(
    "fleet.yaml: the devices of harbour-street have two architectures: aarch64 (sign-1) and x86_64 " +
      "(till-1, till-2, till-3, …). A stick has one. Name the devices of one architecture: flotilla " +
      "flash 'DEVICES' --site harbour-street DISK",
  );
});
