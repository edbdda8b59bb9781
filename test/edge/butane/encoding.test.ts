/** The encodings of Butane files, and what butane 0.29.0 says about invalid ones. */
import { expect, test } from "vitest";
import { butaneText } from "../../../edge/butane/encoding.ts";
import { translateText } from "../../../edge/butane/translate.ts";

test.each([
  [[0x61, 0xe9, 0x20, 0x20], "invalid trailing UTF-8 octet"],
  [[0x61, 0xff], "invalid leading UTF-8 octet"],
  [[0x61, 0xe9], "incomplete UTF-8 octet sequence"],
  [[0xc0, 0x80], "invalid length of a UTF-8 sequence"],
  [[0xed, 0xa0, 0x80], "invalid Unicode character"],
])("%j: %s", (bytes, message) => {
  expect(butaneText(Buffer.from(bytes))).toEqual({
    error: `Error unmarshaling yaml: yaml: ${message}`,
  });
});

test("UTF-16 with a byte order mark is read", () => {
  const little = Buffer.from("\ufeffa: \u00e9\n", "utf16le");
  expect(butaneText(little)).toEqual({ text: "a: \u00e9\n" });
  expect(butaneText(Buffer.from(little).swap16())).toEqual({ text: "a: \u00e9\n" });
});

test.each(["01.5.0", "1.05.00"])("version %s is 1.5.0", (version) => {
  const { ignition } = translateText(`variant: fcos\nversion: ${version}\n`);
  expect(ignition).toBe('{"ignition":{"version":"3.4.0"}}\n');
});

test.each(["\u00a0", "\u3000"])("%j may start a scalar", (space) => {
  const { ignition } = translateText(
    `variant: fcos\nversion: 1.5.0\nstorage:\n  files:\n    - path: /a\n      contents:\n        inline: ${space}x\n`,
  );
  expect(ignition).toContain(`"source":"data:,${encodeURIComponent(space)}x"`);
});

test.each([5_000, 9_999, 20_000])("%i levels of nesting end in an error", (levels) => {
  const { error } = translateText(`variant: fcos\nversion: 1.5.0\nx: ${"[".repeat(levels)}`);
  expect(error).toMatch(/^Error unmarshaling yaml: yaml: /);
});
