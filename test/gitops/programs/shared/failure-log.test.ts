import { beforeEach, expect, test } from "vitest";
import { FailureLog } from "../../../../gitops/programs/shared/failure-log.ts";

let lines: string[];
let now: number;
let log: FailureLog;
beforeEach(() => {
  [lines, now] = [[], 0];
  log = new FailureLog({ write: (line) => lines.push(line), now: () => now });
});

/** Fails every two seconds. */
function failFor(seconds: number, reason = "status 503"): void {
  for (const end = now + seconds; now < end; now += 2) log.failed("gateway", reason);
}

test("a failure of a day is logged when it begins, once an hour, and when it is over", () => {
  failFor(24 * 3600);
  log.worked("gateway");
  log.worked("gateway");
  expect(lines).toHaveLength(24 + 1);
  expect(new Set(lines.slice(0, 24))).toEqual(new Set(["gateway: status 503"]));
  expect(lines.at(-1)).toBe("gateway: works again after 86400 s");
});

test("another reason is logged at once, and each of two that alternate once an hour", () => {
  failFor(10);
  for (let count = 0; count < 100; count++) {
    log.failed("gateway", count % 2 === 0 ? "refused" : "status 503");
  }
  expect(lines).toEqual(["gateway: status 503", "gateway: refused"]);
});

test("what fails and works by turns is logged once a minute", () => {
  for (; now < 600; now += 4) {
    log.failed("gateway", "refused");
    log.worked("gateway");
  }
  expect(lines).toHaveLength(2 * 10);
});

test("one that works does not end the failure of another one", () => {
  failFor(2);
  log.worked("hub");
  failFor(2);
  expect(lines).toEqual(["gateway: status 503"]);
});

test("a new failure after an hour of work is logged at once", () => {
  failFor(2);
  log.worked("gateway");
  now += 100;
  failFor(2);
  expect(lines.filter((line) => line === "gateway: status 503")).toHaveLength(2);
});
