/** The operator's own Butane on the command line: mistakes stop everything, warnings nothing. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const sound = "variant: fcos\nversion: 1.5.0\n";

/** A folder with the first fleet, whose profiles have the Butane of a file `extra.bu`. */
async function fleetWith(butane: string): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  const changed = text.replaceAll(/^( +)architecture: .*$/gm, "$&\n$1butane: { file: extra.bu }");
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  writeFileSync(join(folder, "extra.bu"), butane);
  return folder;
}

test("a warning is reported and stops nothing", async () => {
  const folder = await fleetWith(`${sound}storage:\n  filez: []\n`);
  const { code, err } = await flotilla(folder, ["validate"]);
  expect([code, err.split("\n")[0]]).toEqual([
    0,
    "warning: extra.bu:4:3: storage.filez: unused key filez",
  ]);
});

test("a device is made of snippets with warnings, and of newer versions than its own", async () => {
  const unit = "{ name: till.service, enabled: true, contents: '[Service]' }";
  const folder = await fleetWith(
    `${sound.replace("1.5.0", "1.7.0")}systemd:\n  units:\n    - ${unit}\n`,
  );
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const other = `${sound}systemd:\n  units:\n    - ${unit.replace("till", "drawer")}\n`;
  writeFileSync(join(folder, "other.bu"), other);
  const text = readFileSync(file, "utf8");
  writeFileSync(
    file,
    text.replaceAll("{ file: extra.bu }", "[{ file: extra.bu }, { file: other.bu }]"),
  );
  const { code, err } = await flotilla(folder, ["synth", "--only", "edge"]);
  expect(code).toBe(0);
  for (const name of ["extra", "other"]) {
    expect(err).toMatch(
      new RegExp(`^warning: ${name}\\.bu:5:\\d+: .* has no install section`, "m"),
    );
  }
});

test("a mistake is reported once", async () => {
  const folder = await fleetWith(`${sound}storage:\n  files:\n    - path: no-slash\n`);
  const { code, err } = await flotilla(folder, ["validate"]);
  expect([code, err]).toEqual([
    1,
    "extra.bu:5:13: storage.files.0.path: path not absolute\nflotilla: 1 mistake\n",
  ]);
});

test("a synthesis stops before it writes the lock", async () => {
  const folder = await fleetWith(`${sound}storage:\n  files:\n    - path: no-slash\n`);
  await flotilla(folder, ["keygen"]);
  const { code, err } = await flotilla(folder, ["synth"]);
  expect([code, err.split("\n")[0]]).toEqual([
    1,
    "extra.bu:5:13: storage.files.0.path: path not absolute",
  ]);
  expect(existsSync(join(folder, "fleet.lock.yaml"))).toBe(false);
  expect(existsSync(join(folder, "dist"))).toBe(false);
});
