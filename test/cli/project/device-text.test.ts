/** The edit of a fleet file at a device: what is written, and that nothing else changes. */
import { describe, expect, test } from "vitest";
import { withMatch, withValue } from "../../../cli/project/device-text.ts";

const words = { serial: "PF1" };
const range = "till-{1..2}";

test.each([
  // A device of its own.
  [
    "devices:\n  till-1:\n    site: a # here\n",
    "till-1",
    "devices:\n  till-1:\n    site: a # here\n    match: { serial: PF1 }\n",
  ],
  [
    "devices:\n  till-1: { site: a }\n",
    "till-1",
    "devices:\n  till-1: { site: a, match: { serial: PF1 } }\n",
  ],
  [
    "devices:\n  till-1: { site: a, } # x\n",
    "till-1",
    "devices:\n  till-1: { site: a, match: { serial: PF1 }, } # x\n",
  ],
  [
    "devices:\n  till-1:\n    site: a",
    "till-1",
    "devices:\n  till-1:\n    site: a\n    match: { serial: PF1 }",
  ],
  [
    "devices:\n  till-1:\n    site: a\n    butane: |\n      variant: fcos\n\n  # the next\n  x: {}\n",
    "till-1",
    "devices:\n  till-1:\n    site: a\n    butane: |\n      variant: fcos\n    match: { serial: PF1 }\n\n  # the next\n  x: {}\n",
  ],
  [
    "devices:\r\n  till-1:\r\n    site: a\r\nrings: [b]\r\n",
    "till-1",
    "devices:\r\n  till-1:\r\n    site: a\r\n    match: { serial: PF1 }\r\nrings: [b]\r\n",
  ],
  // A device of a range.
  [
    "devices:\n  till-{1..2}: { site: a }\n",
    range,
    "devices:\n  till-{1..2}: { site: a, overrides: { till-1: { match: { serial: PF1 } } } }\n",
  ],
  [
    "devices:\n  till-{1..2}:\n    site: a\n",
    range,
    "devices:\n  till-{1..2}:\n    site: a\n    overrides: { till-1: { match: { serial: PF1 } } }\n",
  ],
  [
    "devices:\n  till-{1..2}:\n    site: a\n    overrides:\n      till-2: # two\n        ring: b # early\n# end\n",
    range,
    "devices:\n  till-{1..2}:\n    site: a\n    overrides:\n      till-2: # two\n        ring: b # early\n      till-1: { match: { serial: PF1 } }\n# end\n",
  ],
  [
    "devices:\n  till-{1..2}:\n    overrides:\n      till-1:\n        ring: b\n      till-2: {}\n    site: a\n",
    range,
    "devices:\n  till-{1..2}:\n    overrides:\n      till-1:\n        ring: b\n        match: { serial: PF1 }\n      till-2: {}\n    site: a\n",
  ],
  [
    "devices:\n  till-{1..2}: { overrides: { till-1: {} } }\n",
    range,
    "devices:\n  till-{1..2}: { overrides: { till-1: { match: { serial: PF1 } } } }\n",
  ],
  // A match that is there.
  [
    "devices:\n  till-1:\n    match: { mac: 1, serial: 'old' } # x\n",
    "till-1",
    "devices:\n  till-1:\n    match: { mac: 1, serial: PF1 } # x\n",
  ],
  [
    "devices:\n  till-1:\n    match:\n      mac: 1 # x\n    site: a\n",
    "till-1",
    "devices:\n  till-1:\n    match:\n      mac: 1 # x\n      serial: PF1\n    site: a\n",
  ],
])("%j", (before, pattern, after) => {
  expect(withMatch("fleet.yaml", before, pattern, "till-1", words)).toBe(after);
});

test.each([
  ["PF1-2", "PF1-2"],
  ["4711", '"4711"'],
  ["true", '"true"'],
  ["a: b # c", '"a: b # c"'],
  ['a"\\', '"a\\"\\\\"'],
  ["0x1F", '"0x1F"'],
])("%s is written as %s", (serial, written) => {
  const text = withMatch("fleet.yaml", "devices: { a: { site: b } }\n", "a", "a", { serial });
  expect(text).toBe(`devices: { a: { site: b, match: { serial: ${written} } } }\n`);
});

test("several values at once", () => {
  const all = { serial: "A1", mac: ["52:54:00:00:00:01", "52:54:00:00:00:02"] };
  expect(withMatch("fleet.yaml", "devices:\n  a:\n    site: b\n", "a", "a", all)).toBe(
    'devices:\n  a:\n    site: b\n    match: { serial: A1, mac: ["52:54:00:00:00:01", "52:54:00:00:00:02"] }\n',
  );
});

describe("a place that is shared is not edited", () => {
  test.each([
    "devices:\n  b: &x { site: a }\n  a: *x\n",
    "devices:\n  a: &x { site: a }\n  b: *x\n",
  ])("%j", (text) => {
    expect(() => withMatch("fleet.yaml", text, "a", "a", words)).toThrow(
      /^fleet\.yaml:\d+:\d+: devices\.a: this can't be edited: it is shared with another place of the file, or is written in an unusual way\. Write the value there by hand; nothing was changed\.$/,
    );
  });
});

test.each([
  ["devices:\n  a: {}\n", "devices:\n  a: { generation: 2 }\n"],
  [
    "devices:\n  a:\n    generation: 1 # the first\n    site: b\n",
    "devices:\n  a:\n    generation: 2 # the first\n    site: b\n",
  ],
  ["fleet: x # name\n", "fleet: x # name\ndevices: { a: { generation: 2 } }\n"],
])("a number in %j", (before, after) => {
  expect(withValue("fleet.yaml", before, ["devices", "a", "generation"], 2)).toBe(after);
});
