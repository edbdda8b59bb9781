import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { RootKey, formatRootKey, keyId, parseRootKey } from "../../../fleet/keys/root-key.ts";

const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);
const key = new RootKey(bytes);

/** A contract with key files and locks; see secrets.test.ts. */
describe("pinned vectors", () => {
  test("root key file", () => {
    expect(formatRootKey(bytes)).toBe(
      "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
    );
  });

  test("key fingerprint", () => {
    expect(keyId("harbor", key)).toBe("51ee1bc98853895b");
  });
});

describe("a root key", () => {
  test("survives its file", () => {
    const again = parseRootKey(formatRootKey(bytes));
    expect(again?.derive(["x"])).toEqual(key.derive(["x"]));
  });

  test.each([
    "",
    "flotilla-root-key-1:",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
    "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
    "flotilla-root-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 x",
  ])("is not read from %j", (text) => expect(parseRootKey(text)).toBeUndefined());

  test("can't be printed by accident", () => {
    const shown = [inspect(key, { showHidden: true }), JSON.stringify(key), String(key)].join(" ");
    expect(shown).not.toMatch(/AAECAw|000102|\b1, *2, *3/);
  });
});
