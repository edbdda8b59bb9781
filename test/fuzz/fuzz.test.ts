import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generator, mutated } from "./mutation.ts";

/** Many more in a long run: test/fuzz/main.ts. */
const seconds = 60;

test("no mutated input crashes, hangs or fills the memory", { timeout: 300_000 }, () => {
  const main = join(import.meta.dirname, "main.ts");
  const args = ["--import", "tsx", main, "--seed", "2026", "--seconds", String(seconds)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^\d+ inputs \(seed 2026\), \d+ accepted, 0 failures/);
  expect(status).toBe(0);
});

test("the same seed gives the same inputs, and they differ", () => {
  const seeds = [Buffer.from("a: 1\nb: [x, y]\n"), Buffer.from("c: {d: e}\n")];
  const inputs = () =>
    Array.from({ length: 200 }, (_, index) => mutated(seeds, generator(index)).toString("latin1"));
  expect(inputs()).toEqual(inputs());
  expect(new Set(inputs()).size).toBeGreaterThan(150);
});
