/** `flotilla revoke`: which generations it raises, where it writes them, and what it refuses. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

/** A fleet whose devices are these. */
async function fleetOf(devices: string): Promise<{ folder: string; file: string; head: string }> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  const [head = ""] = text.split(/^devices:\n/m);
  const tail = text.slice(head.length).replace(/^devices:\n( .*\n|#.*\n|\n)*/m, "");
  const whole = `${head}${tail}sites: { pier: {}, quay: {} }\n`
    .replace(/^sites:\n( .*\n|#.*\n|\n)*/m, "")
    .replace(/^profiles:/m, "profiles:");
  writeFileSync(file, `${whole}devices:\n${devices}`);
  return { folder, file, head: `${whole}devices:\n` };
}

const tills = `  till-1: # the first
    site: pier
    profile: mini-pc
  till-{2..4}:
    site: pier
    profile: mini-pc
    generation: 2 # since May
    overrides:
      till-3: { generation: 5 } # dropped
  kiosk: { site: quay, profile: mini-pc }
`;

test.each([
  [
    "a site",
    ["--site", "pier"],
    tills
      .replace("mini-pc\n  till-{", "mini-pc\n    generation: 2\n  till-{")
      .replace("2 # since", "3 # since")
      .replace("generation: 5", "generation: 6"),
    [
      ["till-1", 2],
      ["till-2", 3],
      ["till-3", 6],
      ["till-4", 3],
    ],
  ],
  [
    "some of a range",
    ["till-3", "till-4"],
    tills.replace(
      "{ generation: 5 } # dropped\n",
      "{ generation: 6 } # dropped\n      till-4: { generation: 3 }\n",
    ),
    [
      ["till-3", 6],
      ["till-4", 3],
    ],
  ],
  [
    "a site's devices of a pattern",
    ["--site", "quay", "k*"],
    tills.replace(
      "kiosk: { site: quay, profile: mini-pc }",
      "kiosk: { site: quay, profile: mini-pc, generation: 2 }",
    ),
    [["kiosk", 2]],
  ],
] as const)("%s", async (_, words, devices, generations) => {
  const { folder, file, head } = await fleetOf(tills);
  const run = await flotilla(folder, ["revoke", ...words, "--json"]);
  expect([run.code, JSON.parse(run.out)]).toEqual([
    0,
    {
      devices: generations.map(([name, generation]) => ({ name, generation })),
      file: "fleet.yaml",
    },
  ]);
  expect(readFileSync(file, "utf8")).toBe(head + devices);
  for (const [name, generation] of generations) {
    const shown = await flotilla(folder, ["revoke", name, "--json"]);
    expect(JSON.parse(shown.out)).toMatchObject({ devices: [{ generation: generation + 1 }] });
  }
});

test("an environment's keys are its own: fleet.yaml stays", async () => {
  const { folder, file, head } = await fleetOf(tills);
  mkdirSync(join(folder, "environments"));
  const staging = join(folder, "environments/staging.yaml");
  writeFileSync(staging, "fleet: staging # of the lab\n");
  const words = ["--environment", "staging", "revoke", "--site", "pier"];
  const run = await flotilla(folder, words);
  expect([run.code, run.out]).toEqual([
    0,
    "device   generation\ntill-1   2\ntill-2   3\ntill-3   6\ntill-4   3\n",
  ]);
  expect(run.err).toContain("make iso FLOTILLA_ENVIRONMENT=staging SITE=pier");
  expect(readFileSync(file, "utf8")).toBe(head + tills);
  expect(readFileSync(staging, "utf8").split("\n")[0]).toBe("fleet: staging # of the lab");
  expect((await flotilla(folder, [...words, "--json"])).out).toContain('"generation": 7');
});

test("nothing is written if no device is selected, or its place is shared", async () => {
  const shared = "  a: &a { site: pier, profile: mini-pc }\n  b: *a\n";
  const { folder, file, head } = await fleetOf(shared);
  const place = `fleet.yaml:${head.split("\n").length}:9`;
  for (const [words, code, message] of [
    [[], 2, "error: missing argument 'devices', or --site"],
    [["c"], 1, 'fleet.yaml: this fleet has no device "c". '],
    [["--site", "peer"], 1, 'fleet.yaml: no device has the site "peer". Did you mean pier?'],
    [["a"], 1, `${place}: devices.a: this can't be edited: it is shared with another place`],
    [["--site", "pier"], 1, `${place}: devices.a: this can't be edited: it is shared with another`],
  ] as const) {
    const run = await flotilla(folder, ["revoke", ...words]);
    expect([run.code, run.err.slice(0, message.length)]).toEqual([code, message]);
  }
  expect(readFileSync(file, "utf8")).toBe(head + shared);
});
