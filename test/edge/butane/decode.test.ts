/** Aliases that make a small document large, and what butane 0.29.0 says to them. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { translateText } from "../../../edge/butane/translate.ts";
import { peerPath } from "../../peers/peers.ts";

const butane = peerPath("butane-0.29.0");
const header = "variant: fcos\nversion: 1.5.0\n";
const times = (count: number, alias: string) => Array(count).fill(alias).join(",");
const users = (count: number, keys: number) =>
  `x: &k [${times(keys, "k")}]\npasswd: { users: [${times(count, "{ name: a, ssh_authorized_keys: *k }")}] }\n`;
const nested = (files: number, sources: number, headers: number) =>
  `x: &h { name: a, value: b }\ny: &s { source: "https://a/", http_headers: [${times(headers, "*h")}] }\n` +
  `storage: { files: [${times(files, `{ path: /a, append: [${times(sources, "*s")}] }`)}] }\n`;

const merges = (count: number) =>
  `x: &h { path: /a, mode: 0644 }\ny: &l { <<: [${times(count, "*h")}] }\nstorage: { files: [*l] }\n`;

const excessive = "yaml: document contains excessive aliasing";

describe("aliases", () => {
  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ["some", users(5, 10), "config generated was invalid"],
    ["three of 90", users(3, 90), "config generated was invalid"],
    ["one of 1,583 keys", users(1, 1_583), "config generated was invalid"],
    ["one of 1,584 keys", users(1, 1_584), excessive],
    ["of aliases", nested(10, 20, 30), excessive],
    ["of few aliases", nested(3, 4, 5), "config generated was invalid"],
    ["320 in merge keys behind another", merges(320), undefined],
    ["321 in merge keys behind another", merges(321), excessive],
    [
      "as merge keys",
      `x: &h { path: /a, mode: 0644 }\nstorage: { files: [${times(600, "{ <<: *h }")}] }\n`,
      "config generated was invalid",
    ],
    [
      "as many merge keys",
      `x: &h { path: /a, mode: 0644 }\nstorage: { files: [{ <<: [${times(2_000, "*h")}] }] }\n`,
      undefined,
    ],
  ];

  test.each(rows)("%s", (_title, body, error) => {
    expect(translateText(header + body).error).toBe(error);
  });

  test.skipIf(butane === undefined).each(rows)("%s, like the real tool", (_title, body, error) => {
    const options = { input: header + body, encoding: "utf8", maxBuffer: 2 ** 26 } as const;
    const { stderr } = spawnSync(butane ?? "", ["--raw-errors"], options);
    expect(/^Error translating config: (.*)$/m.exec(stderr)?.[1]).toBe(error);
  });

  test("that repeat a long text are refused", () => {
    const body = `x: &b "${"x".repeat(1e6)}"\nstorage: { files: [${Array.from({ length: 30 }, (_, n) => `{ path: /${n}, contents: { inline: *b } }`).join(",")}] }\n`;
    expect(translateText(header + body).error).toBe(excessive);
  });
});

test("a thousand values of the wrong type are listed", () => {
  const { error = "" } = translateText(
    `${header}storage: { files: [${times(3_000, "{ mode: x }")}] }\n`,
  );
  expect(error.split("\n")).toHaveLength(1_002);
  expect(error).toMatch(/\n {2}and more, which are not listed$/);
});
