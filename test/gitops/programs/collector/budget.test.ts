import { beforeEach, expect, test } from "vitest";
import { Budget } from "../../../../gitops/programs/collector/budget.ts";
import { MessageLog } from "../../../../gitops/programs/collector/message-log.ts";

const mebibyte = 2 ** 20;
const midnight = Date.UTC(2026, 10, 28);

let now: number;
let budget: Budget;
beforeEach(() => {
  now = midnight + 23 * 3600_000;
  budget = new Budget(() => now);
});

test("a device that has sent more than 512 MiB is refused until midnight UTC", () => {
  budget.spend("till-01", 512 * mebibyte);
  budget.check("till-01");
  budget.spend("till-01", 1);
  expect(() => budget.check("till-01")).toThrow(
    "till-01 has sent all that it may send on this day",
  );
  budget.check("till-02");
  now = midnight + 24 * 3600_000 - 1;
  expect(() => budget.check("till-01")).toThrow();
  now++;
  budget.check("till-01");
});

test("a device has 3,000 series a day; those that it had go on", () => {
  const allowed = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => budget.allowsSeries("till-01", `${from + index}`));
  expect(allowed(0, 3000).every(Boolean)).toBe(true);
  expect(allowed(3000, 100).some(Boolean)).toBe(false);
  expect(allowed(0, 3000).every(Boolean)).toBe(true);
  expect(budget.allowsSeries("till-02", "3000")).toBe(true);
  now += 3600_000;
  expect(allowed(3000, 100).every(Boolean)).toBe(true);
});

test("a message is logged once a minute, and others beside it", () => {
  const lines: string[] = [];
  const log = new MessageLog(
    (line) => lines.push(line),
    () => now,
  );
  for (const end = now + 120_000; now < end; now += 1000) {
    log.log("a");
    log.log("b");
  }
  expect(lines).toEqual(["a", "b", "a", "b"]);
});
