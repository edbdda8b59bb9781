/** The runbook of docs/how-to/replace-the-root-key.md, step by step on real files. */
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { layersOf, textsOf } from "../../../cli/media/show-ignition.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { fleetText } from "../plan/workplace.ts";
import { isolateGit } from "../publish/state-repository.ts";
import { temporaryFolder } from "../temporary.ts";

isolateGit();

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");

/** A folder with a fleet and a base image. */
function fleetFolder(text: string) {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  writeFileSync(path("fleet.yaml"), text);
  if (skeleton) writeFileSync(path("base.iso"), gunzipSync(readFileSync(skeleton)));
  const run = (...args: string[]) => flotilla(folder, args);
  return {
    folder,
    path,
    run,
    read: (name: string) => readFileSync(path(name), "utf8"),
    edit: (name: string, pattern: RegExp | string, replacement: string) => {
      const before = readFileSync(path(name), "utf8");
      const after = before.replace(pattern, replacement);
      expect(after).not.toBe(before);
      writeFileSync(path(name), after);
    },
    done: async (...args: string[]) => {
      const { code, out, err } = await run(...args);
      if (code !== 0) throw new Error(err);
      return out;
    },
  };
}

type Place = ReturnType<typeof fleetFolder>;

/** The certificate of the fleet's root in the lock. */
function rootCertificate({ read }: Place): string {
  const [certificate = ""] =
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(read("fleet.lock.yaml")) ?? [];
  return certificate.replaceAll(/\n +/g, "\n");
}

/** The authorities of the API server of a device that an image installs. */
function authoritiesOf({ path }: Place, device: string): string {
  const image = readFileSync(path(`dist/edge/${device}/${device}.iso`));
  const config = embeddedInstall(openImage("", memorySource(image)))?.device ?? Buffer.of();
  const texts = textsOf(layersOf(config, new Map(), []));
  return texts.get("/var/lib/rancher/k3s/server/tls/server-ca.crt")?.() ?? "";
}

const imagesOf = (...devices: string[]) =>
  ["image", ...devices, "--base", "base.iso", "--allow-release"] as const;

test("in the same folder: each step is asked for, and the plan names every device", async () => {
  const place = fleetFolder(fleetText);
  const { done, edit, path, run } = place;
  await done("keygen");
  await done("publish", "--yes");
  const old = { key: place.read("fleet.key"), certificate: rootCertificate(place) };

  // A new key is made only by who says that the old one is gone.
  renameSync(path("fleet.key"), path("old.key"));
  const early = await run("keygen");
  expect([early.code, early.err]).toEqual([
    1,
    expect.stringContaining(
      "If it is lost for good, delete keyId and publicKeys from the lock, make a new key, and reinstall every device",
    ),
  ]);
  expect(existsSync(path("fleet.key"))).toBe(false);

  // A key that was made elsewhere is refused too.
  const other = fleetFolder(fleetText);
  await other.done("keygen");
  copyFileSync(other.path("fleet.key"), path("fleet.key"));
  const refused = [["synth"], ["plan"], ["publish", "--yes"], imagesOf("store-01"), ["bootstrap"]];
  for (const args of refused) {
    const { code, err } = await run(...args);
    expect([args[0], code, err]).toEqual([
      args[0],
      1,
      expect.stringMatching(/keyId: this fleet's devices were made with the root key \w{16}, and /),
    ]);
  }
  rmSync(path("fleet.key"));

  // One without the other is not enough.
  edit("fleet.lock.yaml", /^keyId:.*\n/m, "");
  await done("keygen");
  expect((await run("synth")).err).toContain("delete publicKeys from it and run flotilla synth");
  edit("fleet.lock.yaml", /^publicKeys:\n( .*\n)*/m, "");
  await done("synth");
  expect(place.read("fleet.key")).not.toBe(old.key);
  expect(rootCertificate(place)).not.toBe(old.certificate);

  const plan = await run("plan");
  expect(plan.code).toBe(0);
  expect(plan.err).toContain("A publish would be refused: 12 devices (store-{01..12})");
  expect(plan.out).toContain("Devices: 12 to be reinstalled\n");
  expect(plan.out).toContain("  reinstall required (12): store-{01..12}\n");
  expect((await run("publish", "--yes")).err).toContain("trust another root key than this fleet's");
  await done("publish", "--yes", "--force");
  expect(await done("plan")).toContain("Publishing changes nothing.");
});

describe.skipIf(!skeleton)("images (skipped if ../shared is absent)", () => {
  test("a new fleet beside the old one: devices move site by site, and the rest stays", async () => {
    const before = fleetFolder(fleetText);
    await before.done("keygen");
    await before.done("publish", "--yes");
    await before.done(...imagesOf("store-01"));

    const boston = "  store-{01..02}: { site: boston }\n";
    const after = fleetFolder(
      fleetText
        .replace(
          "fleet: harbor",
          "fleet: harbor-2\ntunnel: { endpoint: gateway-2.harbor.example:51820 }",
        )
        .replace("git.harbor.example/state.git", "git.harbor.example/state-2.git")
        .replace("  store-{03..12}: { site: mobile }\n", ""),
    );
    await after.done("keygen");
    await after.done(...imagesOf("--site", "boston"));
    const [old, next] = [rootCertificate(before), rootCertificate(after)];
    for (const device of ["store-01", "store-02"]) {
      expect(authoritiesOf(after, device)).toContain(next);
      expect(authoritiesOf(after, device)).not.toContain(old);
    }
    expect(authoritiesOf(before, "store-01")).toContain(old);
    await after.done("publish", "--yes");
    expect(await after.done("plan")).toContain("Publishing changes nothing.");

    // The old fleet releases them, even with only the publishing key, and nothing else of it changes.
    await before.done("keygen", "--publishing");
    rmSync(before.path("fleet.key"));
    before.edit("fleet.yaml", boston, "");
    const plan = await before.done("plan");
    expect(plan).toContain("Devices: 2 removed, 10 unchanged\n");
    expect(plan).not.toContain("store-03");
    await before.done("publish", "--yes");
    expect(rootCertificate(before)).toBe(old);
  });
});
