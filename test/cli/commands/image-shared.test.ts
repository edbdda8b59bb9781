/** One image for all devices of a site: what is in it, and how many fit. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openImage } from "../../../edge/iso/image.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { embeddedIgnition } from "../../../edge/iso/ignition.ts";
import { fileInConfig } from "../../../edge/iso/contents.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");
const base = ["--base", "base.iso", "--allow-release"];

async function fleetFolder(devices: string): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^devices:\n( .*\n|#.*\n|\n)*/m, `devices:\n${devices}\n`));
  await flotilla(folder, ["keygen"]);
  if (skeleton) writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(skeleton)));
  return folder;
}

const site = "harbour-street";

describe.skipIf(!skeleton)("an image of a site (skipped if ../shared is absent)", () => {
  test("has each device, and stays when the fleet is synthesized", async () => {
    const folder = await fleetFolder(
      "  till-1: { site: harbour-street, match: { serial: PF1 } }\n  till-2: { site: harbour-street }\n",
    );
    const run = await flotilla(folder, ["image", "--site", site, "--shared", ...base]);
    const path = `dist/edge/_sites/${site}/${site}-x86_64.iso`;
    expect([run.code, run.out]).toEqual([0, `Wrote ${path}\n`]);
    expect(run.err).toMatch(/\nIt installs any of 2 devices; \d+ % full\.\n/);
    expect(run.err).toContain("A person chooses at the machine for those without match: till-2.\n");
    expect(run.err).toContain(`if it is lost, flotilla revoke --site ${site}.`);
    expect(statSync(join(folder, path)).mode & 0o777).toBe(0o600);
    const ignition = embeddedIgnition(
      openImage("", memorySource(readFileSync(join(folder, path)))),
    );
    const table = fileInConfig(ignition ?? Buffer.of(), "/etc/flotilla/site/devices");
    const lines = Buffer.from(table ?? [])
      .toString()
      .split("\n");
    expect(lines.filter((line) => /^(device|match)/.test(line))).toEqual([
      "device\ttill-1\t",
      "match\tserial\tpf1",
      "device\ttill-2\t",
    ]);
    expect((await flotilla(folder, ["synth"])).code).toBe(0);
    expect(existsSync(join(folder, path))).toBe(true);
  });

  test("of more devices than fit is refused with names and numbers", async () => {
    const folder = await fleetFolder("  till-{001..120}: { site: harbour-street }\n");
    const run = await flotilla(folder, ["image", "--site", site, "--shared", ...base]);
    expect(run.code).toBe(1);
    const [, fitting = ""] = /one image has room for (\d+) of the 120 devices/.exec(run.err) ?? [];
    expect(Number(fitting)).toBeGreaterThan(20);
    const last = `till-${fitting.padStart(3, "0")}`;
    const next = `till-${String(Number(fitting) + 1).padStart(3, "0")}`;
    expect(run.err).toContain(`These do not fit: ${next}, `);
    const some = ["image", `till-{001..${last.slice(5)}}`, "--site", site, "--shared", ...base];
    expect((await flotilla(folder, some)).code).toBe(0);
    const more = ["image", `till-{001..${next.slice(5)}}`, "--site", site, "--shared", ...base];
    expect((await flotilla(folder, more)).code).toBe(1);
  }, 120_000);

  test.each([
    [["till-1", "--shared"], "error: --shared needs --site\n"],
    [["--site", "x", "--shared", "--stdout"], "error: --shared can't be used with --stdout\n"],
  ])("%j", async (words, message) => {
    const folder = await fleetFolder("  till-1: { site: harbour-street }\n");
    const run = await flotilla(folder, ["image", ...words]);
    expect([run.code, run.err.includes(message)]).toEqual([2, true]);
  });
});
