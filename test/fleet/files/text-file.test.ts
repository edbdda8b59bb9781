/** Reading of regular files: what is allocated for it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { readRegularFile } from "../../../fleet/files/text-file.ts";

const bytesMax = 2 ** 20;

/** The result, and the bytes that were allocated for it. */
function reading(path: string): { readonly bytes: Buffer | string; readonly allocated: number } {
  const spy = vi.spyOn(Buffer, "allocUnsafe");
  onTestFinished(() => spy.mockRestore());
  const bytes = readRegularFile(path, bytesMax);
  const allocated = spy.mock.calls.reduce((sum, [size]) => sum + size, 0);
  spy.mockRestore();
  return { bytes, allocated };
}

function fileOf(length: number): string {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-text-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "a"), Buffer.alloc(length, "abc"));
  return join(folder, "a");
}

test.each([0, 1, 5, 8192, 2 ** 18, 2 ** 18 + 1, bytesMax])(
  "a file of %i bytes takes no more memory than it has",
  (length) => {
    const { bytes, allocated } = reading(fileOf(length));
    expect(Buffer.alloc(length, "abc").equals(bytes as Buffer)).toBe(true);
    expect(allocated).toBeLessThanOrEqual(length + 1);
  },
);

test("a file that is too large is read up to the limit", () => {
  const { bytes, allocated } = reading(fileOf(3 * bytesMax));
  expect(bytes).toBe("this file is larger than 1 MiB");
  expect(allocated).toBeLessThanOrEqual(bytesMax + 1);
});

test("a file of /proc, which has no size, is read", () => {
  expect(String(reading("/proc/self/status").bytes)).toContain("\nPid:\t");
});
