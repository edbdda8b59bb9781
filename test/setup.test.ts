/** Files of tests that run one after another in a process share its modules; setup.ts makes each one start afresh. */
import { expect, test, vi } from "vitest";
import { keepSecret, maskSecrets } from "../cli/terminal/known-secrets.ts";

test("what a file of tests left is gone before the next one is read", async () => {
  const cwd = process.cwd();
  vi.stubEnv("TMPDIR", "/left/by/another");
  vi.spyOn(process, "cwd").mockReturnValue("/left");
  vi.useFakeTimers();
  keepSecret("left-by-another");
  // A module that has another name is run again.
  await import("./setup.ts?again" as string);
  expect(process.env["TMPDIR"]).not.toBe("/left/by/another");
  expect(process.cwd()).toBe(cwd);
  expect(vi.isFakeTimers()).toBe(false);
  expect(maskSecrets("left-by-another")).toBe("left-by-another");
});
