/** `flotilla match`: the fleet file that it writes, with environments too, and what it refuses. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

async function fleetFolder(): Promise<{ folder: string; file: string; text: string }> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  return { folder, file, text: readFileSync(file, "utf8") };
}

test("a device, and one of a range", async () => {
  const { folder, file, text } = await fleetFolder();
  const first = await flotilla(folder, ["match", "cafe-01", "--serial", "PF1"]);
  expect([first.code, first.out]).toEqual([0, "Wrote fleet.yaml\n"]);
  const mac = ["--mac", "52:54:00:12:34:56", "52-54-00-12-34-57"];
  const second = await flotilla(folder, ["match", "cafe-03", ...mac, "--json"]);
  expect(JSON.parse(second.out)).toEqual({
    device: "cafe-03",
    match: { macs: ["52:54:00:12:34:56", "52:54:00:12:34:57"] },
    file: "fleet.yaml",
  });
  const added = [
    "    match: { serial: PF1 }",
    '    overrides: { cafe-03: { match: { mac: ["52:54:00:12:34:56", "52-54-00-12-34-57"] } } }',
  ];
  const lines = readFileSync(file, "utf8").split("\n");
  expect(lines.filter((line) => added.includes(line))).toEqual(added);
  expect(lines.filter((line) => !added.includes(line)).join("\n")).toBe(text);
  expect((await flotilla(folder, ["validate"])).code).toBe(0);
});

test("with an environment, a device of fleet.yaml is written there, with a warning", async () => {
  const { folder } = await fleetFolder();
  mkdirSync(join(folder, "environments"));
  writeFileSync(
    join(folder, "environments/staging.yaml"),
    "fleet: staging\ndomain: staging.example.com\nrepository: { push: staging.git }\n",
  );
  const words = ["match", "cafe-02", "--serial", "PF3KX9T2", "--environment", "staging"];
  const { code, out, err } = await flotilla(folder, words);
  expect([code, out]).toEqual([0, "Wrote fleet.yaml\n"]);
  expect(err).toContain("fleet.yaml has the devices of other environments too: ");
});

test("a device of an environment is written into its file", async () => {
  const { folder, file, text } = await fleetFolder();
  mkdirSync(join(folder, "environments"));
  const staging = join(folder, "environments/staging.yaml");
  const own = "fleet: corner-staging\ndevices:\n  cafe-09: # new\n    site: harbour-street\n";
  writeFileSync(staging, own);
  const run = await flotilla(folder, [
    "--environment",
    "staging",
    "match",
    "cafe-09",
    "--asset-tag",
    "IT 7",
  ]);
  expect([run.code, run.out]).toEqual([0, "Wrote environments/staging.yaml\n"]);
  expect(readFileSync(staging, "utf8")).toBe(`${own}    match: { assetTag: "IT 7" }\n`);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("what validate would refuse is refused, and nothing is written", async () => {
  const { folder, file } = await fleetFolder();
  await flotilla(folder, ["match", "cafe-01", "--serial", "PF1"]);
  const range = "  cafe-{02..03}:\n    site: harbour-street\n";
  const card =
    '    overrides: { cafe-03: { interfaces: { lan: { macAddress: "52-54-00-12-34-5a" } } } }\n';
  const before = readFileSync(file, "utf8").replace(range, `${range}${card}`);
  expect(before).toContain(card);
  writeFileSync(file, before);
  for (const [words, message] of [
    [
      ["cafe-02", "--serial", "None"],
      '--serial: "None" identifies no machine: many have this serial number. Write another value, or match by another key.',
    ],
    [
      ["cafe-02", "--serial", "pf1"],
      "--serial: cafe-01 has the same value, and a machine can be one device only. Write another value, or delete that of cafe-01 first.",
    ],
    [
      ["cafe-02", "--mac", "1"],
      '--mac: "1" is not a valid MAC address. Write it in quotes, like "52:54:00:12:34:56".',
    ],
    [
      ["cafe-02", "--mac", "5254.0012.345A"],
      "--mac: 52:54:00:12:34:5a is the MAC address of an interface of cafe-03. Write one of cafe-02.",
    ],
    [
      ["cafe-2", "--serial", "A1"],
      'fleet.yaml: this fleet has no device "cafe-2". Did you mean cafe-02?',
    ],
  ] as const) {
    const run = await flotilla(folder, ["match", ...words]);
    expect([run.code, run.err.split("\n")[0]]).toEqual([1, message]);
  }
  const usage = await flotilla(folder, ["match", "cafe-02"]);
  expect([usage.code, usage.err]).toEqual([
    2,
    "error: give --serial, --asset-tag, --mac or --uuid\n(see: flotilla match --help)\n",
  ]);
  expect(readFileSync(file, "utf8")).toBe(before);
});
