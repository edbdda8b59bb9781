import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { readIdentity } from "../../../edge/iso/identity.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { sharedPath } from "../../peers/peers.ts";
import { sampleIso, type SampleIso } from "../formats/sample-iso.ts";

const kernelPath = "IMAGES/PXEBOOT/VMLINUZ";

function identityOf(iso: Partial<SampleIso>) {
  const files = { "IMAGES/IGNITION.IMG": new Uint8Array(262_144), ...iso.files };
  return readIdentity(openImage("base.iso", memorySource(sampleIso({ ...iso, files }))));
}

/** Bytes with marks at their offsets. */
function bytes(length: number, marks: Readonly<Record<number, string | number[]>>): Buffer {
  const result = Buffer.alloc(length);
  for (const [offset, mark] of Object.entries(marks)) {
    result.set(typeof mark === "string" ? Buffer.from(mark, "latin1") : mark, Number(offset));
  }
  return result;
}

const text = (content: string) => new TextEncoder().encode(content);

describe("system and release", () => {
  test.each([
    ["fedora-coreos-44.20260707.3.1", "fedora-coreos", "44.20260707.3.1"],
    ["fedora-coreos-38.20230718.dev.0", "fedora-coreos", "38.20230718.dev.0"],
    ["rhcos-46.82.202112161843-0", "rhcos", "46.82.202112161843-0"],
    ["scos-9.0.20250510-0", "scos", "9.0.20250510-0"],
    ["CDROM", undefined, undefined],
    ["", undefined, undefined],
    ["fedora-coreos-", undefined, undefined],
  ])("by the volume's name: %s", (identifier, system, release) => {
    expect(identityOf({ identifier })).toMatchObject({ system, release });
  });

  test.each(["COREOS/KARGS.JSO", "ZIPL.PRM"])("of a renamed volume, by %s", (path) => {
    const content = text("a=b coreos.liveiso=fedora-coreos-44.20260707.3.1 ignition.firstboot\n");
    expect(identityOf({ identifier: "MY STICK", files: { [path]: content } })).toMatchObject({
      system: "fedora-coreos",
      release: "44.20260707.3.1",
    });
  });
});

describe("architecture", () => {
  const pe = (machine: number[]) => ({ 0: "MZ", 0x3c: [0x80], 0x80: "PE\0\0", 0x84: machine });
  test.each<[string, string | undefined, Buffer]>([
    ["a bzImage", "x86_64", bytes(1_024, { 0x202: "HdrS" })],
    ["an Image for arm64", "aarch64", bytes(1_024, { 0: "MZ", 56: "ARMd" })],
    ["a compressed EFI kernel for arm64", "aarch64", bytes(1_024, pe([0x64, 0xaa]))],
    ["an EFI kernel", "x86_64", bytes(1_024, pe([0x64, 0x86]))],
    ["ELF", "ppc64le", bytes(1_024, { 0: "\x7fELF", 18: [21, 0] })],
    ["s390x", "s390x", bytes(0x1_0100, { 0x1_0008: "S390EP" })],
    ["an EFI kernel for another processor", undefined, bytes(1_024, pe([1, 2]))],
    ["a header that points behind the file", undefined, bytes(64, { 0: "MZ", 0x3c: [255, 255] })],
    ["a short file", undefined, Buffer.from("MZ")],
  ])("by the kernel: %s", (_, architecture, kernel) => {
    expect(identityOf({ files: { [kernelPath]: kernel } }).architecture).toBe(architecture);
  });

  test.each<[string, string | undefined, SampleIso["files"]]>([
    [
      "EFI programs for arm64",
      "aarch64",
      { "IMAGES/EFIBOOT.IMG": bytes(9_000, { 4_096: "BOOTAA64EFI" }) },
    ],
    [
      "EFI programs for a PC",
      "x86_64",
      { "IMAGES/EFIBOOT.IMG": bytes(9_000, { 4_096: "BOOTX64 EFI" }) },
    ],
    ["a boot loader of PCs", "x86_64", { "ISOLINUX/ISOLINUX.CFG": text("default 1") }],
    ["a boot loader of mainframes", "s390x", { "GENERIC.INS": text("*") }],
    ["nothing", undefined, {}],
  ])("else by what boots: %s", (_, architecture, files) => {
    expect(identityOf({ files }).architecture).toBe(architecture);
  });
});

const fixtures = sharedPath("fixtures/iso");
const names =
  fixtures === undefined ? [] : readdirSync(fixtures).filter((name) => name.startsWith("embed"));

test.each(names)("a recorded ISO says what it is: %s", (name) => {
  const source = memorySource(gunzipSync(readFileSync(join(fixtures ?? "", name))));
  const { system, release, architecture } = readIdentity(openImage(name, source));
  expect(architecture).toBe(name.includes("s390x") ? "s390x" : "x86_64");
  expect(system).toBe(/2020|2021-01/.test(name) ? "rhcos" : "fedora-coreos");
  expect(release).toMatch(/^\d+\.\d+\./);
});
