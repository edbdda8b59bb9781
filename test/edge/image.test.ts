import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { EdgeImage } from "../../edge/image.ts";
import { memorySource } from "../../edge/formats/bytes.ts";
import type { Patch } from "../../edge/formats/bytes.ts";
import { areaFiles } from "../../edge/iso/area.ts";
import { embedBudget } from "../../edge/iso/budget.ts";
import { fileInConfig } from "../../edge/iso/contents.ts";
import { embedIgnition } from "../../edge/iso/ignition.ts";
import { openImage, type Image } from "../../edge/iso/image.ts";
import { embeddedInstall, installFiles } from "../../edge/installer/embedded-install.ts";
import { installationOf } from "../../edge/installer/installation.ts";
import { nestedInstall } from "../../edge/installer/nested-install.ts";
import { EdgeDevice } from "../../edge/device.ts";
import type { Snippet } from "../../fleet/model/device.ts";
import { bareDevice, composed, sampleDevice } from "./devices.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { decodedConfig } from "../cli/compat/iso/iso-run.ts";
import { peerPath, sharedPath } from "../peers/peers.ts";
import { sampleIso } from "./formats/sample-iso.ts";

const text = (content: string) => new TextEncoder().encode(content);

/** store-01 of the sample fleet, with a disk and arguments that are hard to quote. */
function till(snippets: readonly Snippet[] = []): EdgeDevice {
  const device = sampleDevice("store-01");
  const disk = "/dev/disk/by-id/nvme-Disk one";
  const kernelArguments = ["console=ttyS0,115200n8", "net.ifnames=0"];
  return composed({ ...device, disk, snippets, profile: { ...device.profile, kernelArguments } });
}

const installation = installationOf(till());
const device = Buffer.from(installation.ignition);

function patchesFor(iso: Image, edge: EdgeDevice, force = false): readonly Patch[] {
  return new EdgeImage(edge, "image", { iso, force }).patches();
}

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

test.each([
  [
    undefined,
    "store-01/image: found nothing in place of the props. Write an object with iso, force.",
  ],
  [{}, "store-01/image: iso: found nothing. Write what openImage returns."],
  [{ iso: "base.iso" }, "store-01/image: iso: found text. Write what openImage returns."],
  [{ iso: open(modern), force: 1 }, "store-01/image: force: found 1. Write true or false."],
])("props %# are refused", (props, message) => {
  expect(() => new EdgeImage(bareDevice(), "image", props as never)).toThrow(message);
});

function patched(bytes: Uint8Array, patches: readonly Patch[]): Buffer {
  const result = Buffer.from(bytes);
  for (const patch of patches) result.set(patch.bytes, patch.offset);
  return result;
}

const installed = (bytes: Uint8Array) => open(patched(bytes, patchesFor(open(bytes), till())));

function mistakeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "no mistake";
}

describe("the method", () => {
  test.each([
    ["no features", undefined],
    ["features without it", '{"live-initrd-network":true}'],
    ["switched off", '{"installer-config":false}'],
  ])("%s: the nested configuration carries the device", (_, features) => {
    const result = installed(image(features));
    expect(embeddedInstall(result)).toEqual({
      method: "nested",
      ignition: Buffer.from(nestedInstall(installation).ignition),
      device,
      disk: undefined,
    });
  });

  test("is installer.d where the live system reads it", () => {
    const result = embeddedInstall(installed(modern));
    expect(result?.method).toBe("installer.d");
    expect(result?.disk).toBe(installation.disk);
    expect(Buffer.from(result?.device ?? []).equals(device)).toBe(true);
  });

  test("damaged features are a mistake", () => {
    const damaged = image('{"installer-config":1}');
    expect(mistakeOf(() => patchesFor(open(damaged), till()))).toBe(
      "base.iso: COREOS/FEATURES.JSO is damaged. Expected an object of flags. " +
        "Start from a fresh download of the image.",
    );
  });

  test("nothing embedded, or something else", () => {
    expect(embeddedInstall(open(modern))).toBeUndefined();
    const other = patched(modern, embedIgnition(open(modern), text("{}"), { force: false }));
    expect(embeddedInstall(open(other))).toBeUndefined();
  });

  test("an existing config is replaced only with force", () => {
    const other = patched(modern, embedIgnition(open(modern), text("{}"), { force: false }));
    expect(mistakeOf(() => patchesFor(open(other), till()))).toMatch(
      /^base\.iso: The image already has an embedded Ignition config\./,
    );
    const again = patched(other, patchesFor(open(other), till(), true));
    expect(embeddedInstall(open(again))?.method).toBe("installer.d");
  });
});

test("an image of another architecture is refused", () => {
  const files = { "IMAGES/IGNITION.IMG": new Uint8Array(262_144), "GENERIC.INS": text("") };
  expect(mistakeOf(() => patchesFor(open(sampleIso({ files })), till()))).toBe(
    "base.iso: this ISO is for s390x, and store-01 is x86_64. Give the one whose name ends in x86_64.iso",
  );
});

test("the same bytes each time", () => {
  const [first, second] = [installed(modern), installed(modern)].map((each) =>
    Buffer.from(each.volume.source.read(each.ignitionArea.offset, 262_144)),
  );
  expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
});

describe("the byte budget", () => {
  test.each(["installer.d", "nested"] as const)("by %s: counted exactly", (method) => {
    const files = installFiles(installation, method);
    const base = method === "installer.d" ? modern : image(undefined);
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
    const large = bareDevice();
    const add = (path: string, inline: string) =>
      large.addFile(large, { path, mode: 0o644, contents: { inline } });
    add("/large", randomText(300_000));
    add("/small", "small");
    const message = mistakeOf(() => patchesFor(open(modern), large));
    expect(message).toMatch(
      /^base\.iso: The Ignition config is \d+ bytes too large for the image: /,
    );
    expect(message).toMatch(/The largest in it: \/large \(400000\), /);
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
    const names = hasPeers ? readdirSync(fixtures).filter((name) => !/syn|s390x/.test(name)) : [];

    test.each(names)("%s", (name) => {
      const base = gunzipSync(readFileSync(join(fixtures, name)));
      const result = installed(base);
      const path = join(folder, "ours.iso");
      writeFileSync(path, result.volume.source.read(0, base.length));
      const found = embeddedInstall(result);
      const shown = execFileSync(installer, ["iso", "ignition", "show", path]);
      expect(shown.equals(found?.ignition ?? Buffer.alloc(0))).toBe(true);
      expect(found?.method).toBe(/2020|2021-0/.test(name) ? "nested" : "installer.d");
      if (found?.method !== "installer.d") return;
      expect(ours(found.ignition)).toEqual(ours(real(base, found.ignition)));
    });

    /** What the real tool makes of the same device, told what our hooks say. */
    function real(base: Buffer, ignition: Uint8Array): Uint8Array {
      writeFileSync(join(folder, "base.iso"), base);
      writeFileSync(join(folder, "device.ign"), device);
      const hooks = join(folder, "flotilla");
      const output = join(folder, "real.iso");
      rmSync(output, { force: true });
      const args = [
        "--dest-device",
        String(installation.disk),
        "--dest-ignition",
        join(folder, "device.ign"),
      ];
      for (const argument of installation.kernelArguments)
        args.push("--dest-karg-append", argument);
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
          stdio: "pipe",
        },
      );
      return areaFiles(open(readFileSync(output))).get("config.ign") ?? new Uint8Array();
    }

    /** Decoded, without the units and the file that only we have, and without what is null. */
    function ours(ignition: Uint8Array): unknown {
      const config = JSON.parse(Buffer.from(ignition).toString()) as {
        storage: { files: { path: string }[] };
        systemd: { units: { name: string }[] };
      };
      const variables = "/etc/flotilla/installation";
      config.storage.files = config.storage.files.filter(({ path }) => path !== variables);
      const own = ["coreos-installer.service", "flotilla-install-failed.service"];
      config.systemd.units = config.systemd.units.filter((unit) => !own.includes(unit.name));
      const decoded = withoutNulls(decodedConfig(config));
      // The real tool asks for it only where it embeds keyfiles itself.
      return JSON.parse(JSON.stringify(decoded).replace(String.raw`copy-network: true\n`, ""));
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
