import { expect, test } from "vitest";
import { macProblem } from "../../../fleet/grammar/mac-address.ts";

const write = 'Write it in quotes, like "52:54:00:12:34:56".';

test.each([
  ["52-54-00-12-34-5A", undefined],
  ["5254.0012.345a", undefined],
  ["fe80::1", `"fe80::1" is not a valid MAC address. ${write}`],
  ["FFFF.FFFF.FFFF", `"FFFF.FFFF.FFFF" is an address that no interface has. ${write}`],
  ["000000000000", `"000000000000" is an address that no interface has. ${write}`],
  ["0100.5e00.00fb", `"0100.5e00.00fb" is a multicast address, and no interface has one. ${write}`],
])("%s", (text, message) => {
  expect(macProblem(text)).toBe(message);
});
