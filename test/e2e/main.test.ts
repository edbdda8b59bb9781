import { join } from "node:path";
import { expect, test } from "vitest";
import { runOnEmptyMachine } from "./empty-machine.ts";

const run = (...args: string[]) => runOnEmptyMachine(join(import.meta.dirname, "main.ts"), args);

test("a part that is missing fails, is named, and so is the command that gets it", () => {
  const { status, stdout, stderr } = run();
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(
    /^FAILED: the system in operation needs .*kubernetes-.*, wireguard-go\.\n/,
  );
  expect(stderr).toContain("test/peers/build.sh e2e");
});

test("CI allows it, and finds it by its first word", () => {
  const { status, stdout, stderr } = run("--allow-missing");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^SKIPPED: the system in operation needs .*wireguard-go\.\n/);
});

test("an option that is misspelled is refused", () => {
  expect(run("--allow-mising").status).toBe(1);
});
