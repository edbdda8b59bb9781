import { join } from "node:path";
import { expect, test } from "vitest";
import { runOnEmptyMachine } from "../empty-machine.ts";

const run = (...args: string[]) => runOnEmptyMachine(join(import.meta.dirname, "main.ts"), args);

test("a missing part fails the run; the part and the command that gets it are named", () => {
  const { status, stdout, stderr } = run();
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^FAILED: a device that boots needs boot-machine-.*, wireguard-go\.\n/);
  expect(stderr).toContain("test/peers/build.sh e2e boot");
});

test("CI allows a missing part, and recognizes it by the first word of the output", () => {
  const { status, stdout, stderr } = run("--allow-missing");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^SKIPPED: a device that boots needs .*qemu-system-x86_64/);
});

test("an unknown case is refused, and the known ones are listed", () => {
  const { status, stderr } = run("--case", "two-bots");
  expect(status).toBe(2);
  expect(stderr).toMatch(/^FAILED: unknown case: two-bots\. The cases: two-boots/);
});

test("a case without the hub needs neither its parts nor an API server", () => {
  const { status, stderr } = run("--case", "installer");
  expect(status).toBe(2);
  expect(stderr).toContain("ignition-");
  expect(stderr).not.toMatch(/argo-cd|kine|kubernetes/);
});
