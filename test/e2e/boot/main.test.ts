import { join } from "node:path";
import { expect, test } from "vitest";
import { runOnEmptyMachine } from "../empty-machine.ts";

const run = (...args: string[]) => runOnEmptyMachine(join(import.meta.dirname, "main.ts"), args);

test("a part that is missing fails, is named, and so is the command that gets it", () => {
  const { status, stdout, stderr } = run();
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^FAILED: a device that boots needs boot-machine-.*, wireguard-go\.\n/);
  expect(stderr).toContain("test/peers/build.sh e2e boot");
});

test("CI allows it, and finds it by its first word", () => {
  const { status, stdout, stderr } = run("--allow-missing");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^SKIPPED: a device that boots needs .*qemu-system-x86_64/);
});

test("an unknown case is refused, and the others are named", () => {
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
