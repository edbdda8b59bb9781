import { expect, test } from "vitest";
import { keyOfOtherWord } from "../../../fleet/grammar/other-words.ts";

test.each([
  ["noProxy", ["http", "https", "except", "login"], "except"],
  ["no_proxy", ["http", "https", "except", "login"], "except"],
  ["base-iface", ["id", "parent"], "parent"],
  ["httpProxy", ["interfaces", "proxy"], "proxy"],
  ["password", ["sshKeys", "passwordHash", "groups"], "passwordHash"],
  ["configs", ["interfaces"], undefined],
  ["colour", ["interfaces"], undefined],
  ["constructor", ["interfaces"], undefined],
  ["__proto__", ["interfaces"], undefined],
])("%s beside %s", (word, known, key) => {
  expect(keyOfOtherWord(word, known)).toBe(key);
});
