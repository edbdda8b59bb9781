/** `flotilla pxe --site`: what boots the installer of a site's devices from the network. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unpackInitramfs } from "../../../edge/formats/initramfs.ts";
import { fileInConfig } from "../../../edge/iso/contents.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const names = ["config.img", "boot.ipxe", "kernel-arguments.txt"];

async function fleetFolder(devices: string): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8")
    .replace(
      /^profiles:\n/m,
      "profiles:\n  pi: { architecture: aarch64, disk: /dev/sda, kernelArguments: [console=ttyS0] }\n",
    )
    .replace(/^devices:\n( .*\n|#.*\n|\n)*/m, `devices:\n${devices}\n`);
  writeFileSync(file, text);
  await flotilla(folder, ["keygen"]);
  return folder;
}

function tableIn(appendix: Buffer): string[] {
  const config = unpackInitramfs(appendix, 2 ** 25).get("config.ign") ?? Buffer.of();
  const table = fileInConfig(config, "/etc/flotilla/site/devices") ?? [];
  return Buffer.from(table)
    .toString()
    .split("\n")
    .filter((line) => /^(device|match)/.test(line));
}

test("a folder for each architecture, which a synthesis keeps", async () => {
  const folder = await fleetFolder(
    "  till-1: { site: harbour-street, match: { serial: PF1 }, description: left }\n" +
      "  till-2: { site: harbour-street }\n" +
      "  sign-1: { site: harbour-street, profile: pi }\n",
  );
  const run = await flotilla(folder, ["pxe", "--site", "harbour-street"]);
  const folders = ["aarch64", "x86_64"].map(
    (architecture) => `dist/edge/_sites/harbour-street/pxe-${architecture}`,
  );
  const paths = folders.flatMap((each) => names.map((name) => `${each}/${name}`));
  expect([run.code, run.out]).toEqual([0, paths.map((path) => `Wrote ${path}\n`).join("")]);
  expect(run.err).toContain("It installs any of 2 devices (x86_64).\n");
  expect(run.err).toContain("A person chooses at the machine for those without match: till-2.\n");
  expect(run.err).toContain("If it is lost, flotilla revoke --site harbour-street.\n");
  for (const path of paths) expect(statSync(join(folder, path)).mode & 0o777).toBe(0o600);
  const [second = "", first = ""] = folders.map((each) => join(folder, each));
  const appendix = readFileSync(join(first, "config.img"));
  expect(appendix.length % 512).toBe(0);
  expect(tableIn(appendix)).toEqual([
    "device\ttill-1\tleft",
    "match\tserial\tpf1",
    "device\ttill-2\t",
  ]);
  expect(tableIn(readFileSync(join(second, "config.img")))).toEqual(["device\tsign-1\t"]);
  const script = readFileSync(join(second, "boot.ipxe"), "utf8").split("\n");
  expect(script[1]).toMatch(/^# Installs any of 1 device of harbour-street: /);
  expect(script[2]).toMatch(
    /^kernel https:\S+-live-kernel\.aarch64 initrd=main initrd=config\.img /,
  );
  const words = (place: string) => readFileSync(join(place, "kernel-arguments.txt"), "utf8");
  expect(script[2]?.endsWith(` ${words(second).trim()}`)).toBe(true);
  expect(words(second)).toMatch(/ console=ttyS0\n$/);
  expect(words(first)).not.toContain("console=");
  expect((await flotilla(folder, ["synth", "--only", "edge"])).code).toBe(0);
  expect(paths.every((path) => existsSync(join(folder, path)))).toBe(true);

  const file = join(folder, "fleet.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll("harbour-street", "pier"));
  expect((await flotilla(folder, ["synth", "--only", "edge"])).code).toBe(0);
  expect(paths.filter((path) => existsSync(join(folder, path)))).toEqual([]);
});

test("more devices than an image has room for", async () => {
  const folder = await fleetFolder("  till-{001..120}: { site: harbour-street }\n");
  const run = await flotilla(folder, ["pxe", "till-0*", "--site", "harbour-street", "--json"]);
  expect(JSON.parse(run.out)).toMatchObject({ folders: [{ architecture: "x86_64" }] });
  const made = "dist/edge/_sites/harbour-street/pxe-x86_64/config.img";
  expect(tableIn(readFileSync(join(folder, made)))).toHaveLength(99);
}, 120_000);

test.each([
  [[], 2, "error: missing argument 'device', or --site\n"],
  [["till-1", "till-2"], 2, "error: several devices need --site\n"],
  [
    ["--site", "harbour-stret"],
    1,
    'fleet.yaml: no device has the site "harbour-stret". Did you mean harbour-street?',
  ],
  [
    ["--site", "harbour-street", "till-9"],
    1,
    'fleet.yaml: this fleet has no device "till-9". Did you mean till-1?',
  ],
] as const)("%j", async (words, code, message) => {
  const folder = await fleetFolder("  till-{1..2}: { site: harbour-street }\n");
  const run = await flotilla(folder, ["pxe", ...words]);
  expect([run.code, run.err.slice(0, message.length)]).toEqual([code, message]);
  expect(existsSync(join(folder, "dist"))).toBe(false);
});

test("the live system of an old lock installs one device only", async () => {
  const folder = await fleetFolder("  till-{1..2}: { site: harbour-street }\n");
  await flotilla(folder, ["pxe", "till-1"]);
  const lock = join(folder, "fleet.lock.yaml");
  const text = readFileSync(lock, "utf8");
  const [, release = ""] = /release: (\S+)/.exec(text) ?? [];
  writeFileSync(lock, text.replaceAll(release, "34.20210821.3.0"));
  const run = await flotilla(folder, ["pxe", "--site", "harbour-street"]);
  expect([run.code, run.err]).toEqual([
    1,
    "flotilla: the lock pins Fedora CoreOS 34.20210821.3.0, which is older than December 2021 and " +
      "installs one device only. Pin a newer one (flotilla pin), or name one device\n",
  ]);
});
