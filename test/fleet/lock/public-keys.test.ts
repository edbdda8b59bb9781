import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { emptyLock, formatLock, parseLock, type Lock } from "../../../fleet/lock/lock.ts";
import type { LockedKey } from "../../../fleet/lock/public-keys.ts";

const range = "100.64.0.0/24";
const keyOf = (seed: number) =>
  Buffer.from(Uint8Array.from({ length: 32 }, (_, index) => (seed >> (8 * index)) & 255)).toString(
    "base64",
  );

function lockWith(
  devices: readonly (readonly [string, LockedKey])[],
  rest: Partial<Lock["publicKeys"]> = {},
): Lock {
  const gateways = new Map([["gateway", { generation: 1, publicKey: keyOf(1) }]]);
  const rootCertificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const publicKeys = {
    publishingKeyId: "00000000000000e1",
    rootCertificate,
    gateways,
    devices: new Map(devices),
    ...rest,
  };
  return { ...emptyLock("harbor", range), keyId: "0123456789abcdef", publicKeys };
}

const read = (text: string) => parseLock("fleet.lock.yaml", text, "harbor", range);

function mistakesOf(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof InputError) return error.mistakes.map(formatMistake);
    throw error;
  }
  return [];
}

describe("the public keys of the lock", () => {
  const devices = fc
    .uniqueArray(fc.integer({ min: 2, max: 2 ** 20 }), { maxLength: 30 })
    .chain((seeds) =>
      fc.tuple(
        ...seeds.map((seed) =>
          fc
            .integer({ min: 1, max: 999_999_999 })
            .map((generation) => [`d-${seed}`, { generation, publicKey: keyOf(seed) }] as const),
        ),
      ),
    );

  test("say the same after reading and writing, in any order", () => {
    fc.assert(
      fc.property(devices, (entries) => {
        const text = formatLock(lockWith(entries));
        expect(formatLock(lockWith(entries.toReversed()))).toBe(text);
        expect(read(text)).toEqual(lockWith(entries));
        expect(formatLock(read(text))).toBe(text);
      }),
    );
  });

  test("one more device is one more line, so that branches merge", () => {
    const entry = (name: string, seed: number) =>
      [name, { generation: 1, publicKey: keyOf(seed) }] as const;
    const before = formatLock(lockWith([entry("a", 2), entry("c", 3)])).split("\n");
    const after = formatLock(lockWith([entry("a", 2), entry("c", 3), entry("b", 4)])).split("\n");
    expect(after.filter((line) => !before.includes(line))).toEqual([`    b 1 ${keyOf(4)}`]);
  });

  test("may be absent, as in the locks of older versions", () => {
    const { publicKeys: _, ...old } = lockWith([]);
    expect(read(formatLock(old))).toEqual(old);
  });
});

describe("a hostile lock is refused at its line", () => {
  const good = formatLock(
    lockWith([
      ["a", { generation: 1, publicKey: keyOf(2) }],
      ["b", { generation: 2, publicKey: keyOf(3) }],
    ]),
  );
  const line = good.split("\n").findIndex((each) => each.startsWith("    a ")) + 1;
  const place = `fleet.lock.yaml:${line}:5: publicKeys.devices: `;
  const expected =
    "expected a name, a generation and a public key of 32 bytes in base64, found a line that starts with";
  const fix = "Delete the line. Run flotilla synth with the root key, and commit the lock.";
  const row = `a 1 ${keyOf(2)}`;

  test.each<[string, string, string]>([
    ["a short key", `a 1 ${keyOf(2).slice(4)}`, `${expected} "a". ${fix}`],
    ["a long key", `a 1 AAAA${keyOf(2)}`, `${expected} "a". ${fix}`],
    ["no padding", row.slice(0, -1), `${expected} "a". ${fix}`],
    ["bits after the last byte", row.replace(/.=$/, "B="), `${expected} "a". ${fix}`],
    ["base64url", row.replace("1 Ag", "1 -_"), `${expected} "a". ${fix}`],
    ["an empty key", `a 1 ${Buffer.alloc(32).toString("base64")}`, `${expected} "a". ${fix}`],
    ["no generation", `a ${keyOf(2)}`, `${expected} "a". ${fix}`],
    ["generation 0", row.replace(" 1 ", " 0 "), `${expected} "a". ${fix}`],
    ["a huge generation", row.replace(" 1 ", " 1e400 "), `${expected} "a". ${fix}`],
    ["a line break in a name", `a\\n${row}`, `${expected} "a\\\\na". ${fix}`],
    ["a control character", `a\u009b31m 1 ${keyOf(2)}`, `${expected} "a\u009b31m". ${fix}`],
    ["more words", `${row} x`, `${expected} "a". ${fix}`],
    ["an empty line", "", `${expected} "". ${fix}`],
    [
      "a private key",
      "flotilla-root-key-1:secretsecret",
      `${expected} "flotilla-root-key-1:". ${fix}`,
    ],
  ])("%s", (_what, hostile, message) => {
    const text = good.replace(row, hostile);
    expect(text).not.toBe(good);
    expect(mistakesOf(text)).toEqual([`${place}${message}`]);
  });

  test("a device twice, and a key twice", () => {
    const twice = good.replace(row, `${row}\n    ${row}`);
    const second = place.replace(`:${line}:`, `:${line + 1}:`);
    expect(mistakesOf(twice)).toEqual([`${second}a appears twice. ${fix}`]);
    expect(mistakesOf(good.replace(keyOf(3), keyOf(2)))).toEqual([
      `${second}b has the public key of a. ${fix}`,
    ]);
    expect(mistakesOf(good.replace(keyOf(2), keyOf(1)))).toEqual([
      `${place}a has the public key of gateway. ${fix}`,
    ]);
  });

  test("a list in place of the block, and an unknown key", () => {
    const list = good.replace(/ {2}devices: \|\n(?: {4}.*\n)+/, "  devices: [a]\n");
    expect(mistakesOf(list)[0]).toContain("publicKeys.devices: found a list. Write text.");
    const unknown = good.replace("publicKeys:\n", "publicKeys:\n  colour: blue\n");
    expect(mistakesOf(unknown)[0]).toContain("publicKeys.colour: ");
  });

  test("a block of garbage says its first mistakes, and 40,001 lines are too many", () => {
    const garbage = good.replace(row, Array.from({ length: 5_000 }, () => "?").join("\n    "));
    expect(mistakesOf(garbage)).toHaveLength(20);
    const lines = Array.from({ length: 40_001 }, (_, index) => `d-${index} 1 ${keyOf(index + 9)}`);
    expect(mistakesOf(good.replace(row, lines.join("\n    ")))).toEqual([
      expect.stringContaining("more than 40000 lines"),
    ]);
  });
});
