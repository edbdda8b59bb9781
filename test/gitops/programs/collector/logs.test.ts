import { expect, test } from "vitest";
import { linesOf } from "../../../../gitops/programs/collector/logs.ts";

const origin = { device: "till-01", site: "boston", ring: "canary" };
const time = "2026-11-28T02:00:00.000Z";
const lines = (...texts: string[]) => linesOf(Buffer.from(texts.join("\n")), origin);
const line = (entry: object) => lines(JSON.stringify({ "@timestamp": time, ...entry }))[0];

test("a line is cut off after 32,768 characters, and what it is of after 256", () => {
  const long = "x".repeat(40_000);
  expect(line({ log: long, unit: long, pod: long })).toMatchObject({
    log: "x".repeat(32_768),
    unit: "x".repeat(256),
    kubernetes: { pod_name: "x".repeat(256) },
  });
});

test("fields of another type, and unknown ones, are left out", () => {
  const entry = { log: "a", unit: 5, priority: ["6"], stream: { a: 1 }, __proto__: 1, more: "b" };
  expect(JSON.parse(JSON.stringify(line(entry)))).toEqual({
    "@timestamp": time,
    log: "a",
    ...origin,
  });
});

test.each([
  ["no JSON", "nonsense"],
  ["null", "null"],
  ["a list", "[]"],
  ["a number", "5"],
  ["no time", '{"log":"a"}'],
  ["a time of another form", '{"log":"a","@timestamp":{"a":1}}'],
  ["no text", `{"@timestamp":"${time}"}`],
  ["a text of another type", `{"@timestamp":"${time}","log":5}`],
  ["nothing", ""],
])("%s is not a line", (_, text) => {
  expect(lines(text, `{"@timestamp":"${time}","log":"good"}`)).toMatchObject([{ log: "good" }]);
});

test("more than 50,000 lines are refused", () => {
  expect(linesOf(Buffer.alloc(49_999, "\n"), origin)).toEqual([]);
  expect(() => linesOf(Buffer.alloc(50_000, "\n"), origin)).toThrow("more than 50,000 lines");
});

test("more than 100 invalid lines are refused: each costs as much as an exception", () => {
  expect(linesOf(Buffer.from("x\n".repeat(100)), origin)).toEqual([]);
  expect(() => linesOf(Buffer.from("x\n".repeat(101)), origin)).toThrow("more than 100 lines");
});

test.each([
  ["of 256 KiB and more", "x".repeat(8 * 32_768)],
  ["of many values", [`[${"{},".repeat(1000)}{}]`]],
  ["of many levels", [[[[[[]]]]]]],
])("a line %s is left out", (_, log) => {
  expect(line({ log, unit: log })).toBe(undefined);
});
