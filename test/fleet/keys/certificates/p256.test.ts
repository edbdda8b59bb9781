import { createPublicKey, verify } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  inverse,
  keyMaterialBytes,
  pointOf,
  signature,
  signatureValue,
  signingKey,
} from "../../../../fleet/keys/certificates/p256.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex").toUpperCase();
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

/** RFC 6979, appendix A.2.5. */
const rfc = {
  key: bytes("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
  x: "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
  y: "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
  sample: {
    r: "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
    s: "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
  },
  test: {
    r: "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
    s: "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
  },
};

/** The order of the group, less one. */
const greatestKey = bytes("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550");
const one = bytes("01".padStart(64, "0"));

describe("the vectors of RFC 6979", () => {
  test("public key", () => expect(hex(pointOf(rfc.key))).toBe(`04${rfc.x}${rfc.y}`));

  test.each(["sample", "test"] as const)("signature of %j", (message) => {
    const { r, s } = signature(rfc.key, Buffer.from(message));
    expect({ r: hex(r), s: hex(s) }).toEqual(rfc[message]);
  });
});

describe("a key from derived bytes", () => {
  test.each([
    ["only zeros is the key 1, which is valid", "00".repeat(48), one],
    ["the greatest key", "00".repeat(16) + hex(greatestKey).replace(/50$/, "4F"), greatestKey],
    ["one more starts over", "00".repeat(16) + hex(greatestKey), one],
  ])("%s", (_what, material, scalar) => {
    expect(hex(signingKey(bytes(material)).scalar)).toBe(hex(scalar));
  });

  test("of another length is refused", () => {
    expect(() => signingKey(new Uint8Array(keyMaterialBytes - 1))).toThrow("48 bytes");
  });
});

describe("the inverse modulo the order", () => {
  const order = BigInt(`0x${hex(greatestKey)}`) + 1n;
  const isInverted = (number: bigint) => {
    const inverted = inverse(number);
    return 0n < inverted && inverted < order && (number * inverted) % order === 1n;
  };

  test("of numbers of every length, of their neighbours and of what they leave of the order", () => {
    for (let bits = 0n; bits < 256n; bits += 1n) {
      for (const number of [2n ** bits, 2n ** bits + 1n, 2n ** (bits + 1n) - 1n]) {
        if (number >= order) continue;
        expect([number, isInverted(number)]).toEqual([number, true]);
        expect([order - number, isInverted(order - number)]).toEqual([order - number, true]);
      }
    }
  });

  test("of numbers that divide the order with a large quotient, first or later", () => {
    for (let part = 1n; part < 400n; part += 1n) {
      for (const number of [order / part, order / part + 1n, (order * part) / (part + 1n)]) {
        if (number >= order) continue;
        expect([number, isInverted(number)]).toEqual([number, true]);
      }
    }
  });

  test("of random numbers", () => {
    fc.assert(fc.property(fc.bigInt({ min: 1n, max: order - 1n }), isInverted), { numRuns: 2000 });
  });
});

describe("random keys and messages", () => {
  const material = fc.uint8Array({ minLength: keyMaterialBytes, maxLength: keyMaterialBytes });
  const message = fc.uint8Array({ maxLength: 600 });

  test("OpenSSL verifies every signature, and refuses it for another message", () => {
    fc.assert(
      fc.property(material, message, (random, text) => {
        const { scalar, publicPoint } = signingKey(random);
        const coordinate = (start: number) =>
          Buffer.from(publicPoint.subarray(start, start + 32)).toString("base64url");
        const jwk = { kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33) };
        const key = createPublicKey({ key: jwk, format: "jwk" });
        const signed = signatureValue(signature(scalar, text));
        expect(verify("sha256", text, key, signed)).toBe(true);
        expect(verify("sha256", Buffer.concat([text, Buffer.of(0)]), key, signed)).toBe(false);
      }),
    );
  });

  test("they are @noble/curves' deterministic signatures", () => {
    fc.assert(
      fc.property(material, message, (random, text) => {
        const { scalar } = signingKey(random);
        const { r, s } = signature(scalar, text);
        const theirs = p256.sign(text, scalar, { lowS: false });
        expect(hex(Buffer.concat([r, s]))).toBe(hex(theirs));
      }),
      { numRuns: 40 },
    );
  });
});
