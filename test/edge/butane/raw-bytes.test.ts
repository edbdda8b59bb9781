/** Values of `!!binary` that are not UTF-8: butane keeps their bytes in contents. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runButane } from "../../../cli/compat/butane/butane.ts";
import { bytesOfText, textOfBytes } from "../../../edge/butane/raw-bytes.ts";
import { peerPath } from "../../peers/peers.ts";

const butane = peerPath("butane-0.29.0");

function ours(text: string): object {
  let [out, err] = ["", ""];
  const session = {
    environment: { NO_COLOR: "1" },
    out: (part: string) => void (out += part),
    progress: (line: string) => void (err += `${line}\n`),
  };
  return { status: runButane([], session, () => Buffer.from(text)), out, err };
}

function theirs(text: string): object {
  const { status, stdout, stderr } = spawnSync(butane ?? "", [], { input: text, encoding: "utf8" });
  return { status, out: stdout, err: stderr };
}

const config = (rest: string, version = "1.5.0") => `variant: fcos\nversion: ${version}\n${rest}\n`;
const binary = (...bytes: readonly number[]) =>
  `!!binary ${JSON.stringify(Buffer.from(bytes).toString("base64"))}`;
const oddBytes: readonly (readonly [string, readonly number[]])[] = [
  ["a lone byte", [0xff]],
  ["half of a character", [0x61, 0xc3]],
  ["an encoded surrogate", [0xed, 0xa0, 0x80]],
  ["an overlong form", [0xc0, 0x80, 0xe0, 0x80, 0x80]],
  ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["characters between", [0xc3, 0xa4, 0xfe, 0xf0, 0x9f, 0x98, 0x80, 0x80]],
  ["gzip", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0]],
  ["many", Array.from({ length: 5000 }, (_, index) => (index * 7919) & 255)],
];
const places: readonly (readonly [string, (value: string) => string])[] = [
  ["contents", (value) => config(`storage: {files: [{path: /a, contents: {inline: ${value}}}]}`)],
  [
    "contents of 1.0.0",
    (value) => config(`storage: {files: [{path: /a, contents: {inline: ${value}}}]}`, "1.0.0"),
  ],
  [
    "compressed contents",
    (value) =>
      config(`storage: {files: [{path: /a, contents: {compression: gzip, inline: ${value}}}]}`),
  ],
  [
    "appended contents",
    (value) => config(`storage: {files: [{path: /a, append: [{inline: ${value}}]}]}`),
  ],
  ["a unit", (value) => config(`systemd: {units: [{name: a.service, contents: ${value}}]}`)],
  ["a link's target", (value) => config(`storage: {links: [{path: /a, target: ${value}}]}`)],
  ["a user's name", (value) => config(`passwd: {users: [{name: ${value}}]}`)],
  [
    "a merged configuration",
    (value) => config(`ignition: {config: {merge: [{inline: ${value}}]}}`),
  ],
];

describe.skipIf(butane === undefined)("as butane 0.29.0 (needs the real tool)", () => {
  for (const [place, configWith] of places) {
    test.each(oddBytes)(`${place}: %s`, (_title, bytes) => {
      const text = configWith(binary(...bytes));
      expect(ours(text)).toEqual(theirs(text));
    });
  }
});

test("contents keep their bytes, a name has the replacement character", () => {
  const file = `{path: ${binary(0x2f, 0xff)}, contents: {inline: ${binary(0xff, 0x61)}}}`;
  expect(ours(config(`storage: {files: [${file}]}`))).toEqual({
    status: 0,
    out: `{"ignition":{"version":"3.4.0"},"storage":{"files":[{"path":"/\\ufffd","contents":{"compression":"","source":"data:,%FFa"}}]}}\n`,
    err: "",
  });
});

test("any bytes are the same after a text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(bytesOfText(textOfBytes(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
    }),
    { seed: 1, numRuns: 2000 },
  );
});
