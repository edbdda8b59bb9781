/** A medium of a site that is older than the fleet file is noticed: by plan, by up, by status. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { staleMedia, staleText } from "../../../cli/project/site-record.ts";
import { loadProject } from "../../../cli/project/project.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const silent = { environment: {}, out: () => {}, progress: () => {} };
const site = "harbour-street";
const medium = `dist/edge/_sites/${site}/pxe-x86_64/config.img`;
const record = `dist/edge/_sites/${site}/pxe-x86_64.json`;
const old = `${medium} is older than the fleet file: `;
const again = `. Make it again: flotilla pxe --site ${site}`;

const devices = `devices:
  till-1: { site: ${site}, match: { serial: PF1 } }
  till-2: { site: ${site} }
  till-3: { site: ${site}, description: left }
`;

async function madeFolder(...words: readonly string[]) {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8").replace(/^devices:\n( .*\n|#.*\n|\n)*/m, devices);
  writeFileSync(file, text);
  await flotilla(folder, ["keygen"]);
  expect((await flotilla(folder, ["pxe", "--site", site, ...words])).code).toBe(0);
  const staleAfter = async (edit: (text: string) => string): Promise<string | undefined> => {
    writeFileSync(file, edit(text));
    const [stale, other] = await staleMedia(await loadProject(file, silent));
    expect(other).toBeUndefined();
    return stale && staleText(stale);
  };
  return { folder, staleAfter };
}

test("what was added, changed and removed since is named", async () => {
  const { folder, staleAfter } = await madeFolder();
  expect(statSync(join(folder, record)).mode & 0o777).toBe(0o600);
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ["", "", undefined],
    ["devices:\n", "# a comment\ndevices:\n", undefined],
    ["serial: PF1", "serial: PF2", "till-1 changed"],
    [", match: { serial: PF1 }", "", "till-1 changed"],
    ["description: left", "description: right", "till-3 changed"],
    ["till-2: { ", "till-2: { generation: 2, ", "till-2 changed"],
    ["till-2: { ", "till-2: { disk: /dev/vdb, ", "till-2 changed"],
    ["till-2: { ", "till-2: { timeZone: Europe/Rome, ", "till-2 changed"],
    ["  till-2: ", "  till-4: ", "it lacks till-4; it still has the keys of till-2"],
    [
      "  till-2: ",
      "  till-{5..20}: ",
      "it lacks till-10, till-11, till-12, till-13, till-14 and 11 more; it still has the keys of till-2",
    ],
  ];
  for (const [from, to, said] of cases) {
    const found = await staleAfter((text) => text.replace(from, to));
    expect([to, found]).toEqual([to, said && `${join(folder, old)}${said}${again}`]);
  }
  const plan = await flotilla(folder, ["plan"]);
  expect(plan.out).toContain(`\nImages of sites\n  ${old}it lacks till-10, `);
  const json = JSON.parse((await flotilla(folder, ["plan", "--json"])).out);
  expect(json.staleMedia).toMatchObject([{ site, architecture: "x86_64", gone: ["till-2"] }]);
  const up = await flotilla(folder, ["up"]);
  expect(up.out).toContain(
    `  flotilla pxe --site ${site}: ${medium} is older than the fleet file\n`,
  );
  // Made again it is up to date.
  await flotilla(folder, ["pxe", "--site", site]);
  expect((await flotilla(folder, ["plan", "--json"])).out).not.toContain("staleMedia");
}, 240_000);

test("a medium of some devices lacks none; a record that cannot be read says nothing", async () => {
  const { folder, staleAfter } = await madeFolder("till-1", "till-3");
  expect(await staleAfter((text) => text)).toBeUndefined();
  expect(await staleAfter((text) => text.replace("PF1", "PF9"))).toBe(
    `${join(folder, old)}till-1 changed${again}`,
  );
  for (const text of ["", "[]", "{", '{"isWhole":true,"devices":{"till-1":5}}']) {
    writeFileSync(join(folder, record), text);
    expect(await staleAfter((fleet) => fleet.replace("PF1", "PF9"))).toBeUndefined();
  }
}, 120_000);
