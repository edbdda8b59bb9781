import { describe, expect, test } from "vitest";
import { installerJson } from "../../../../cli/compat/coreos-installer/image-json.ts";
import { FormatError } from "../../../../edge/formats/bytes.ts";

function referenceOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof FormatError) return error.reference;
    throw error;
  }
  return ["no mistake"];
}

describe("the errors of coreos-installer", () => {
  test.each([
    ["{", ["decoding igninfo", "EOF while parsing an object at line 1 column 1"]],
    ["{}", ["decoding igninfo", "missing field `file` at line 1 column 2"]],
    ['{"file":"a","file":"b"}', ["decoding igninfo", "duplicate field `file` at line 1 column 18"]],
  ])("the pointer %s", (text, expected) => {
    expect(referenceOf(() => installerJson.areaPointer(Buffer.from(text)))).toEqual(expected);
  });

  test.each([
    [
      '{"installer-config":1}',
      ["invalid type: integer `1`, expected a boolean at line 1 column 21"],
    ],
    ["[true", ["EOF while parsing a list at line 1 column 5"]],
  ])("the features %s", (text, expected) => {
    expect(referenceOf(() => installerJson.features(Buffer.from(text)))).toEqual(expected);
  });
});

test("what is read", () => {
  const pointer = installerJson.areaPointer(Buffer.from('{"file":"a","length":3,"new":1}'));
  expect(pointer).toEqual({ file: "a", length: 3 });
  const features = installerJson.features(Buffer.from('{"live-initrd-network":true}'));
  expect(features).toEqual({ "live-initrd-network": true });
});
