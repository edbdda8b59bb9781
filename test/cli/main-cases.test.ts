/**
 * Every small input that was once handled wrongly (shared/cases, beside the repository), given to the
 * command that it belongs to, as its README says. What this test does not know yet must end within the limits.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { peerPath, sharedPath } from "../peers/peers.ts";
import { expectNoDefect, expectRefusal, runMeasured, write } from "./measured-run.ts";
import { temporaryFolder } from "./temporary.ts";

const cases = sharedPath("cases");
const names = cases === undefined ? [] : readdirSync(cases);
const read = (name: string) => readFileSync(join(cases ?? "", name));
const python = spawnSync("python3", ["--version"]).status === 0;
const butane = peerPath("butane-0.29.0");

/** A project with this fleet file, whose snippet is `snippet`. */
function project(fleet: Buffer | string, snippet: Buffer | string): string {
  const folder = temporaryFolder();
  write(folder, "fleet.yaml", fleet);
  write(folder, "snip.bu", snippet);
  return folder;
}

/** What synth writes for the one device. */
function synthesized(folder: string, file: string): string {
  for (const command of ["keygen", "synth"]) {
    const { code, err } = runMeasured(folder, [command]);
    expect(code, err).toBe(0);
  }
  return readFileSync(join(folder, "dist/edge/shop-1", file), "utf8");
}

/** A refusal starts with this; a device that is made has this in this file. */
type Right = RegExp | readonly [file: string, has: RegExp];

function expectRight(folder: string, right: Right | undefined): void {
  const run = runMeasured(folder, ["validate"]);
  if (right instanceof RegExp) return expectRefusal(run, right);
  expectNoDefect(run);
  if (right === undefined) return;
  expect(run.code, run.err).toBe(0);
  const [file, has] = right;
  expect(synthesized(folder, file)).toMatch(has);
}

const fleets: Readonly<Record<string, Right>> = {
  "fleet.yaml": ["installer.yaml", /^dest-device: \/dev\/sda$/m],
  "latin1.fleet.yaml": /^fleet\.yaml:2:39: this file is not UTF-8: found the byte 0xe9\./,
  "mirror-with-tpm2.fleet.yaml": /^snip\.bu:5:11: boot_device\.mirror: encryption: tpm2 /,
  "nested-merge.fleet.yaml":
    /^fleet\.yaml:20:23: ignition\.config\.merge\.0\.inline: .*\/etc\/hostname belongs to Flotilla's part "hostname"/,
  // Without the last one Fedora CoreOS drops the first two after the first boot.
  "static-ip-karg.fleet.yaml": [
    "installer.yaml",
    /^- ip=10\.1\.1\.5::.*\n- nameserver=10\.1\.1\.1\n- coreos\.force_persist_ip$/m,
  ],
};

describe.skipIf(cases === undefined)("shared/cases (skipped where it is missing)", () => {
  const files = (end: string) => names.filter((name) => name.endsWith(end));
  const empty = "variant: fcos\nversion: 1.5.0\n";

  test.each(files("fleet.yaml"))("%s", { timeout: 200_000 }, (name) => {
    const snippet = name.startsWith("mirror-with-tpm2") ? read("mirror-with-tpm2.bu") : empty;
    expectRight(project(read(name), snippet), fleets[name]);
  });

  const snippets: Readonly<Record<string, Right>> = {
    "config-replace.bu":
      /^snip\.bu:5:24: ignition\.config\.replace\.inline: .*\/etc\/hostname belongs/,
    "deep5000.bu": /^snip\.bu:3:109: .*nested deeper than 100 levels/,
    "latin1.bu": /snip\.bu:7:21: this file is not UTF-8: found the byte 0xe9/,
    "mirror-with-tpm2.bu": ["device.bu", /"label":"root-2"/],
    "nbsp.bu": ["device.bu", /data:,%C2%A0x/],
    "quadlets.bu": ["device.bu", /\/etc\/containers\/systemd\/users\/web\.container/],
    "unit-file-by-path.bu":
      /^snip\.bu:5:13: storage\.files\.0\.path: \/etc\/systemd\/system\/k3s\.service belongs/,
  };

  test.each(files(".bu"))("%s as a snippet", { timeout: 200_000 }, (name) => {
    expectRight(project(read("fleet.yaml"), read(name)), snippets[name]);
  });

  test.skipIf(butane === undefined).each(files(".bu"))(
    "%s as butane has it (skipped where it is missing)",
    { timeout: 200_000 },
    (name) => {
      const args = ["--strict", join(cases ?? "", name)];
      const real = spawnSync(butane ?? "", args, { encoding: "utf8" });
      const { code, out, err } = runMeasured(temporaryFolder(), ["butane", ...args]);
      expect([code, out, err]).toEqual([real.status, real.stdout, real.stderr]);
    },
  );
});

/** The report for each input without bounds. */
const bombs: Readonly<Record<string, RegExp>> = {
  "alias-bomb": /^fleet\.yaml:1:1: the aliases of this file expand to more than 100000 values/,
  "aliases-30000": /^fleet\.yaml:1:1: this file has more than 1000 aliases/,
  "alias-to-itself": /^fleet\.yaml:12:8: \*x is inside &x itself/,
  "keys-8-million": /^fleet\.yaml: this file is larger than 4 MiB/,
  "wrong-keys-20000": /^fleet\.yaml:12:1: clou0: unknown key "clou0"/,
  "flow-100000": /^fleet\.yaml:12:103: lists and mappings are nested deeper than 100 levels/,
  "range-of-400-digits":
    /^fleet\.yaml:10:3: devices\.shop-\{10+… \(819 characters\): the numbers of this range have more than 63 digits/,
  "butane-flow-100000": /^Error translating config: .* line 3: exceeded max depth of 10000/,
  "butane-maps-20000": /^Error translating config: .* line 3: exceeded max depth of 10000/,
  "manifest-merge-of-text": /^board\/a\.yaml:5:7: << merges mappings only/,
  "manifest-recursive-alias": /^board\/a\.yaml:5:6: \*d is inside &d itself/,
};

const bombFile = join(cases ?? "", "bombs.py");
const isReady = python && names.includes("bombs.py");
const bomb = (name: string, base: string) =>
  execFileSync("python3", [bombFile, name], { input: base, maxBuffer: 2 ** 28 });
/** The answers of a device: test/gitops/programs/courier/delivery-hostile.test.ts. */
const known = isReady
  ? execFileSync("python3", [bombFile], { encoding: "utf8" }).trim().split("\n")
  : [];

describe.skipIf(!isReady)("shared/cases/bombs.py (skipped where it or Python is missing)", () => {
  const ofCommands = known.filter((name) => name !== "courier-answer");

  test.each(ofCommands)("%s", { timeout: 200_000 }, (name) => {
    const base = read("fleet.yaml").toString().replace(", butane: { file: snip.bu }", "");
    const expectThat = (run: ReturnType<typeof runMeasured>) =>
      bombs[name] === undefined ? expectNoDefect(run) : expectRefusal(run, bombs[name]);
    const folder = temporaryFolder();
    if (name.startsWith("butane-")) {
      write(folder, "x.bu", bomb(name, ""));
      return expectThat(runMeasured(folder, ["butane", "x.bu"]));
    }
    if (name.startsWith("manifest-")) {
      const workload = `rings: [all]\nworkloads: { board: { selector: {}, versions: { all: "1" }, manifests: board } }\n`;
      write(folder, "fleet.yaml", base.replace(/^workloads: .*\n/m, workload));
      write(folder, "board/a.yaml", bomb(name, ""));
      return expectThat(runMeasured(folder, ["validate"]));
    }
    const text = bomb(name, base);
    // A range stands in a comment, with the word where to put it.
    const [, range] =
      text.length < 10_000 ? (/devices: put (\S+) there/.exec(text.toString()) ?? []) : [];
    const fleet = range === undefined ? text : base.replace("shop-1:", `${range}:`);
    write(folder, "fleet.yaml", fleet);
    expectThat(runMeasured(folder, ["validate"]));
  });
});
