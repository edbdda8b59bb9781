import { describe, expect, test } from "vitest";
import { baseRemarks, misfit } from "../../edge/base-fit.ts";
import { memorySource } from "../../edge/formats/bytes.ts";
import { openImage } from "../../edge/iso/image.ts";
import { sampleIso } from "./formats/sample-iso.ts";

const device = {
  name: "till-1",
  architecture: "x86_64",
  coreosRelease: "44.20260707.3.1",
} as const;

function image(identifier: string, folder = "ISOLINUX") {
  const files = {
    "IMAGES/IGNITION.IMG": new Uint8Array(262_144),
    [`${folder}/X.CFG`]: new Uint8Array(1),
  };
  return openImage("base.iso", memorySource(sampleIso({ identifier, files })));
}

describe("the release", () => {
  test.each([
    ["44.20260707.3.1", "fits", ""],
    ["44.20260707.3.0", "refused", "older than"],
    ["44.20260706.3.1", "refused", "older than"],
    ["43.20260707.3.1", "refused", "older than"],
    ["9.20260707.3.1", "refused", "older than"],
    ["44.20260707.3.2", "fits", "later than"],
    ["44.20260707.3.10", "fits", "later than"],
    ["44.20260708.3.0", "fits", "later than"],
    ["45.20260101.1.0", "fits", "later than"],
    ["100.20260101.1.0", "fits", "later than"],
    ["44.20260707.1.0", "fits", "not"],
    ["44.20260707.dev.0", "fits", "not"],
  ])("%s: %s", (release, outcome, relation) => {
    const iso = image(`fedora-coreos-${release}`);
    const refusal = misfit(iso, device, false);
    expect(refusal === undefined ? "fits" : "refused").toBe(outcome);
    if (outcome === "refused") expect(refusal).toContain("--allow-release");
    expect(misfit(iso, device, true)).toBeUndefined();
    expect(baseRemarks(iso, device)).toEqual(
      relation === ""
        ? []
        : [`it is Fedora CoreOS ${release}, ${relation} the lock's 44.20260707.3.1`],
    );
  });

  test("of another system needs a permission", () => {
    const iso = image("scos-9.0.20250510-0");
    expect(misfit(iso, device, false)).toContain(
      "this ISO is scos 9.0.20250510-0, and not Fedora CoreOS",
    );
    expect(misfit(iso, device, true)).toBeUndefined();
  });

  test("that cannot be read is reported", () => {
    const iso = image("MY STICK");
    expect(misfit(iso, device, false)).toBeUndefined();
    expect(baseRemarks(iso, device)).toEqual([
      'it does not say its release (its volume is named "MY STICK"); the lock pins 44.20260707.3.1',
    ]);
  });

  test("does not count for a device that takes any", () => {
    const any = { ...device, coreosRelease: undefined };
    const iso = image("fedora-coreos-38.20230718.dev.0");
    expect(misfit(iso, any, false)).toBeUndefined();
    expect(baseRemarks(iso, any)).toEqual([]);
  });
});

test("another architecture is refused, even with a permission", () => {
  const arm = { ...device, architecture: "aarch64" } as const;
  expect(misfit(image("fedora-coreos-44.20260707.3.1"), arm, true)).toBe(
    "this ISO is for x86_64, and till-1 is aarch64. Give the one whose name ends in aarch64.iso",
  );
});

test("an unknown architecture is reported", () => {
  const iso = image("fedora-coreos-44.20260707.3.1", "OTHER");
  expect(misfit(iso, device, false)).toBeUndefined();
  expect(baseRemarks(iso, device)).toEqual(["it does not say its architecture; till-1 is x86_64"]);
});
