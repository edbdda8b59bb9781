import fc from "fast-check";
import { expect, test } from "vitest";
import { knownMac, parseMac } from "../../../fleet/model/mac.ts";

test.each([
  ["ip, macOS", "0c:c4:7a:00:1f:0A"],
  ["Windows, getmac", "0C-C4-7A-00-1F-0A"],
  ["Cisco IOS", "0cc4.7a00.1f0a"],
  ["Huawei, H3C", "0cc4-7a00-1f0a"],
  ["HPE ProCurve", "0cc47a-001f0a"],
  ["Extreme, Brocade", "0cc4:7a00:1f0a"],
  ["a label", "0CC47A001F0A"],
  ["a label in pairs", "0C C4 7A 00 1F 0A"],
])("%s: %s", (_what, text) => {
  expect(parseMac(text)).toBe("0c:c4:7a:00:1f:0a");
  expect(knownMac(text)).toBe("0c:c4:7a:00:1f:0a");
});

test.each([
  "",
  "0c:c4:7a:00:1f",
  "0c:c4:7a:00:1f:0a:00",
  "0c:c4-7a:00:1f:0a",
  "0cc:47a:001:f0a",
  "0cc47a00.1f0a",
  "c:c4:7a:0:1f:a",
  "0g:c4:7a:00:1f:0a",
  ":0c:c4:7a:00:1f:0a",
  "0c:c4:7a:00:1f:0a ",
  "fe80::1",
])("%j is not a MAC address", (text) => {
  expect(parseMac(text)).toBeUndefined();
});

test("all notations of an address are one", () => {
  const notation = fc.tuple(
    fc.constantFrom(
      [2, ":"],
      [2, "-"],
      [2, "."],
      [2, " "],
      [4, "."],
      [4, "-"],
      [4, ":"],
      [6, "-"],
      [12, ""],
    ),
    fc.boolean(),
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 6, maxLength: 6 }),
      notation,
      (bytes, [[length, separator], isUpper]) => {
        const digits = Buffer.from(bytes).toString("hex");
        const groups = digits.match(new RegExp(`.{${length}}`, "g")) ?? [];
        const text = groups.join(String(separator));
        expect(parseMac(isUpper ? text.toUpperCase() : text)).toBe(
          [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":"),
        );
      },
    ),
  );
});
