import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import type { Patch } from "../../../edge/formats/bytes.ts";
import { areaFiles } from "../../../edge/iso/area.ts";
import { embedBudget } from "../../../edge/iso/budget.ts";
import { fileInConfig, pathsInConfig } from "../../../edge/iso/contents.ts";
import { embedIgnition } from "../../../edge/iso/ignition.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { embeddedInstall, installFiles, installPatches } from "../../../edge/iso/install.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { decodedConfig } from "../../cli/compat/iso/iso-run.ts";
import { peerPath, sharedPath } from "../../peers/peers.ts";
import { sampleIso } from "../formats/sample-iso.ts";

const text = (content: string) => new TextEncoder().encode(content);
const golden = (device: string, name: string) =>
  readFileSync(join(import.meta.dirname, "..", "..", "golden", "edge", device, name));
const device = golden("store-01", "device.ign");
const install = {
  ignition: golden("store-01", "install.ign"),
  device,
  disk: "/dev/disk/by-id/nvme-Disk one",
  kernelArguments: ["console=ttyS0,115200n8", "net.ifnames=0"],
};

function image(features: string | undefined): Uint8Array {
  return sampleIso({
    files: {
      "IMAGES/IGNITION.IMG": new Uint8Array(262_144),
      ...(features !== undefined && { "COREOS/FEATURES.JSO": text(features) }),
    },
  });
}

const open = (bytes: Uint8Array) => openImage("base.iso", memorySource(bytes));
const modern = image('{"installer-config":true}');

function patched(bytes: Uint8Array, patches: readonly Patch[]): Buffer {
  const result = Buffer.from(bytes);
  for (const patch of patches) result.set(patch.bytes, patch.offset);
  return result;
}

const installed = (bytes: Uint8Array) =>
  open(patched(bytes, installPatches(open(bytes), install, { force: false })));

function mistakeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "no mistake";
}

describe("which way", () => {
  test.each([
    ["no features", undefined],
    ["features without it", '{"live-initrd-network":true}'],
    ["switched off", '{"installer-config":false}'],
  ])("%s: the installation medium carries the device", (_, features) => {
    const result = installed(image(features));
    expect(embeddedInstall(result)).toEqual({
      way: "nested",
      ignition: install.ignition,
      device,
      disk: undefined,
    });
  });

  test("installer.d where the live system reads it", () => {
    const result = embeddedInstall(installed(modern));
    expect(result?.way).toBe("installer.d");
    expect(result?.disk).toBe(install.disk);
    expect(Buffer.from(result?.device ?? []).equals(device)).toBe(true);
  });

  test("damaged features are a mistake", () => {
    const damaged = image('{"installer-config":1}');
    expect(mistakeOf(() => installPatches(open(damaged), install, { force: false }))).toBe(
      "base.iso: It is no JSON of the right form: invalid type: integer `1`, expected a boolean " +
        "at line 1 column 21. Start from a fresh download of the image.",
    );
  });

  test("nothing embedded, or something else", () => {
    expect(embeddedInstall(open(modern))).toBeUndefined();
    const other = patched(modern, embedIgnition(open(modern), text("{}"), { force: false }));
    expect(embeddedInstall(open(other))).toBeUndefined();
  });

  test("a config that is there already is replaced only with force", () => {
    const other = patched(modern, embedIgnition(open(modern), text("{}"), { force: false }));
    expect(mistakeOf(() => installPatches(open(other), install, { force: false }))).toMatch(
      /^base\.iso: The image already has an embedded Ignition config\./,
    );
    const again = patched(other, installPatches(open(other), install, { force: true }));
    expect(embeddedInstall(open(again))?.way).toBe("installer.d");
  });
});

describe("by installer.d", () => {
  const ignition = embeddedInstall(installed(modern))?.ignition ?? new Uint8Array();
  const file = (path: string) => Buffer.from(fileInConfig(ignition, path) ?? []).toString();

  test("what the installer is told", () => {
    expect(pathsInConfig(ignition)).toEqual([
      "/usr/local/bin/pre-install-flotilla",
      "/usr/local/bin/post-install-flotilla",
      "/etc/coreos/dest.ign",
      "/etc/coreos/installer.d/0000-customize.yaml",
    ]);
    expect(file("/etc/coreos/installer.d/0000-customize.yaml")).toBe(
      "ignition-file: /etc/coreos/dest.ign\n" +
        "append-karg:\n- console=ttyS0,115200n8\n- net.ifnames=0\n" +
        "dest-device: /dev/disk/by-id/nvme-Disk one\n",
    );
  });

  test("what a person before the screen reads", () => {
    const said = (path: string) => execFileSync("sh", ["-s"], { input: file(path) }).toString();
    expect(said("/usr/local/bin/pre-install-flotilla")).toBe(
      "Installing store-01 on /dev/disk/by-id/nvme-Disk one.\n" +
        "Everything on that disk is erased. Do not switch off.\n",
    );
    const after = file("/usr/local/bin/post-install-flotilla");
    expect(after).toContain("store-01 is installed on /dev/disk/by-id/nvme-Disk one.");
    expect(after).toMatch(/Remove the installation medium now\.'\n.*10 seconds\.'\nsleep 10\n$/);
    const config = JSON.parse(Buffer.from(ignition).toString()) as {
      systemd: { units: { name: string; contents: string; dropins?: unknown }[] };
    };
    const failure = config.systemd.units.find(({ name }) => name.includes("failed"));
    expect(failure?.contents).toContain("INSTALLATION FAILED: store-01 is NOT installed on ");
    expect(config.systemd.units.find(({ name }) => name === "coreos-installer.service")).toEqual({
      contents: null,
      dropins: [
        {
          name: "flotilla.conf",
          contents: "[Unit]\nOnFailure=flotilla-install-failed.service\n",
        },
      ],
      enabled: null,
      mask: null,
      name: "coreos-installer.service",
    });
  });

  test("the same bytes each time", () => {
    const [first, second] = [installed(modern), installed(modern)].map((each) =>
      Buffer.from(each.volume.source.read(each.ignitionArea.offset, 262_144)),
    );
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
  });
});

describe("the byte budget", () => {
  test.each([true, false])("installer.d %s: counted exactly", (byInstallerConfig) => {
    const files = installFiles(install, { byInstallerConfig });
    const base = byInstallerConfig ? modern : image(undefined);
    const budget = embedBudget(open(base), files);
    const { offset, length } = open(base).ignitionArea;
    const area = installed(base).volume.source.read(offset, length);
    const used = length - [...area].toReversed().findIndex((byte) => byte !== 0);
    // The last bytes of gzip are its length, of which some may be zero.
    expect(budget.usedBytes - used).toBeGreaterThanOrEqual(0);
    expect(budget.usedBytes - used).toBeLessThan(4);
    expect(budget.areaBytes).toBe(262_144);
    expect(budget.leftBytes).toBe(budget.areaBytes - budget.usedBytes);
    const paths = budget.largest.map(({ path }) => path);
    expect(paths).toHaveLength(5);
    expect(paths).not.toContain("config.ign");
    expect(paths).not.toContain("/etc/coreos/dest.ign");
    const sizes = budget.largest.map(({ bytes }) => bytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  test("nothing takes nothing", () => {
    expect(embedBudget(1_000, new Map())).toEqual({
      usedBytes: 0,
      areaBytes: 1_000,
      leftBytes: 1_000,
      largest: [],
    });
  });

  test("what is too large names the largest parts", () => {
    const large = JSON.stringify({
      ignition: { version: "3.4.0" },
      storage: {
        files: [
          { path: "/large", contents: { source: `data:;base64,${randomText(300_000)}` } },
          { path: "/small", contents: { source: "data:,small" } },
        ],
      },
    });
    const message = mistakeOf(() =>
      installPatches(open(modern), { ...install, device: text(large) }, { force: false }),
    );
    expect(message).toMatch(
      /^base\.iso: The Ignition config is \d+ bytes too large for the image: /,
    );
    expect(message).toMatch(/The largest in it: \/large \(300000\), /);
    expect(message).toMatch(/Make them smaller, or let the device fetch them by URL\.$/);
  });
});

/** Base64 of bytes that no compression makes smaller. */
function randomText(length: number): string {
  let state = 7;
  const bytes = Uint8Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 0xff;
  });
  return Buffer.from(bytes).toString("base64");
}

const installer = peerPath("coreos-installer-0.27.0") ?? "";
const fixtures = sharedPath("fixtures/iso") ?? "";
const hasPeers = installer !== "" && fixtures !== "";

describe.skipIf(!hasPeers)(
  "beside the real tool (skipped without coreos-installer or the shared fixtures)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "flotilla-install-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const names = hasPeers ? readdirSync(fixtures).filter((name) => !name.startsWith("syn")) : [];

    test.each(names)("%s", (name) => {
      const base = gunzipSync(readFileSync(join(fixtures, name)));
      const result = installed(base);
      const path = join(folder, "ours.iso");
      writeFileSync(path, result.volume.source.read(0, base.length));
      const found = embeddedInstall(result);
      const shown = execFileSync(installer, ["iso", "ignition", "show", path]);
      expect(shown.equals(found?.ignition ?? Buffer.alloc(0))).toBe(true);
      expect(found?.way).toBe(/2020|2021-0/.test(name) ? "nested" : "installer.d");
      if (found?.way !== "installer.d") return;
      expect(ours(found.ignition)).toEqual(ours(real(base, found.ignition)));
    });

    /** What the real tool makes of the same device, told what our hooks say. */
    function real(base: Buffer, ignition: Uint8Array): Uint8Array {
      writeFileSync(join(folder, "base.iso"), base);
      writeFileSync(join(folder, "device.ign"), device);
      const hooks = join(folder, "flotilla");
      const output = join(folder, "real.iso");
      rmSync(output, { force: true });
      const args = ["--dest-device", install.disk, "--dest-ignition", join(folder, "device.ign")];
      for (const argument of install.kernelArguments) args.push("--dest-karg-append", argument);
      for (const when of ["pre", "post"]) {
        const script = fileInConfig(ignition, `/usr/local/bin/${when}-install-flotilla`);
        const place = mkdtempSync(`${hooks}-`);
        writeFileSync(join(place, "flotilla"), script ?? "");
        args.push(`--${when}-install`, join(place, "flotilla"));
      }
      execFileSync(
        installer,
        ["iso", "customize", ...args, "-o", output, join(folder, "base.iso")],
        {
          stdio: "ignore",
        },
      );
      return areaFiles(open(readFileSync(output))).get("config.ign") ?? new Uint8Array();
    }

    /** Decoded, without the units that only we have, and without what is null. */
    function ours(ignition: Uint8Array): unknown {
      const config = JSON.parse(Buffer.from(ignition).toString()) as {
        systemd: { units: { name: string }[] };
      };
      const own = ["coreos-installer.service", "flotilla-install-failed.service"];
      config.systemd.units = config.systemd.units.filter((unit) => !own.includes(unit.name));
      return withoutNulls(decodedConfig(config));
    }
  },
);

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === null ? [] : [[key, withoutNulls(item)]],
    ),
  );
}
