import { describe, expect, test } from "vitest";
import { mistakeInJson } from "../../../edge/butane/go-json.ts";
import { translateText } from "../../../edge/butane/translate.ts";

const lists = (count: number) => "[".repeat(count) + "]".repeat(count);

describe("JSON", () => {
  test.each([
    [lists(10_000), undefined],
    [lists(10_001), "exceeded max depth"],
    [`${'{"a":'.repeat(9_999)}1${"}".repeat(9_999)}`, undefined],
    ["[".repeat(9_000), "unexpected end of JSON input"],
    [`${"[".repeat(9_000)}}`, "invalid character '}' looking for beginning of value"],
    [`[${"1,".repeat(200_000)}1]`, "more than 200000 values"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["[] []", "invalid character '[' after top-level value"],
    ['{"a":[{},[],{"b":[]}],"c":{}}', undefined],
  ])("%.20s: %s", (text, mistake) => {
    expect(mistakeInJson(text)).toBe(mistake);
  });
});

test("a deep value in a configuration inside is an unused key", () => {
  const inside = `{"ignition":{"version":"3.4.0"},"x":${lists(9_000)}}`;
  const text = `variant: fcos\nversion: 1.5.0\nignition: { config: { merge: [{ inline: '${inside}' }] } }\n`;
  const { ignition, report } = translateText(text);
  expect(ignition).toBeDefined();
  expect(report.map(({ message }) => message)).toEqual(["unused key x"]);
});
