import { join } from "node:path";
import { expect, test } from "vitest";
import { runOnEmptyMachine } from "./empty-machine.ts";

const run = (...args: string[]) => runOnEmptyMachine(join(import.meta.dirname, "main.ts"), args);

test("a missing part fails the run; the part and the command that gets it are named", () => {
  const { status, stdout, stderr } = run();
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(
    /^FAILED: the system in operation needs .*kubernetes-.*, wireguard-go\.\n/,
  );
  expect(stderr).toContain("test/peers/build.sh e2e");
});

test("CI allows a missing part, and recognizes it by the first word of the output", () => {
  const { status, stdout, stderr } = run("--allow-missing");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^SKIPPED: the system in operation needs .*wireguard-go\.\n/);
});

test("an unknown proof is refused, and the known ones are named", () => {
  const { status, stderr } = run("--proof", "pigs fly");
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^FAILED: unknown proof: pigs fly\. The proofs: a fresh hub, .*; drift is /,
  );
});

test("an option that is misspelled is refused", () => {
  expect(run("--allow-mising").status).toBe(1);
});
