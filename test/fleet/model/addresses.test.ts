import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatAddress,
  knownRange,
  parseAddress,
  parseRange,
  rangesOverlap,
} from "../../../fleet/model/addresses.ts";

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("an address survives its text", () => {
  fc.assert(fc.property(address, (number) => parseAddress(formatAddress(number)) === number));
});

test.each(["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", "1.2.3.-4"])(
  "%j is no address",
  (text) => expect(parseAddress(text)).toBeUndefined(),
);

test("a text is an address where a pattern says so", () => {
  const octet = "(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])";
  const pattern = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
  const part = fc.oneof(fc.nat({ max: 300 }).map(String), fc.stringMatching(/^[0-9. -]{0,4}$/));
  fc.assert(
    fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), (parts) => {
      const text = parts.join(".");
      expect(parseAddress(text) !== undefined).toBe(pattern.test(text));
    }),
    { numRuns: 2_000 },
  );
});

test("a range knows its ends", () => {
  expect(knownRange("192.168.64.0/18")).toEqual({
    first: parseAddress("192.168.64.0"),
    last: parseAddress("192.168.127.255"),
    prefixLength: 18,
  });
  expect(knownRange("0.0.0.0/0").last).toBe(2 ** 32 - 1);
});

test("what parseRange proposes for an address inside a range is a range", () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 32 }), (number, prefixLength) => {
      const parsed = parseRange(`${formatAddress(number)}/${prefixLength}`);
      if (typeof parsed !== "string") return parsed.first === number;
      const proposal = / ([\d.]+\/\d+)\.$/.exec(parsed)?.[1] ?? "";
      return typeof parseRange(proposal) !== "string";
    }),
  );
});

test("two ranges overlap exactly when one holds the other's first address", () => {
  const range = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([number, prefixLength]) => {
    const size = 2 ** (32 - prefixLength);
    return knownRange(`${formatAddress(Math.floor(number / size) * size)}/${prefixLength}`);
  });
  fc.assert(
    fc.property(range, range, (a, b) => {
      const holds = (x: typeof a, y: typeof a) => x.first <= y.first && y.first <= x.last;
      return rangesOverlap(a, b) === (holds(a, b) || holds(b, a));
    }),
  );
});
