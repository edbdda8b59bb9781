import { describe, expect, test } from "vitest";
import {
  consoleHint,
  ConsoleError,
  parseConsole,
} from "../../../../cli/compat/coreos-installer/console.ts";

describe("consoles", () => {
  test.each([
    ["tty0", "tty0"],
    ["ttyS1", "ttyS1,9600n8"],
    ["ttyAMA0,115200", "ttyAMA0,115200n8"],
    ["ttyS1,9600e7", "ttyS1,9600e7"],
  ])("%s", (text, full) => expect(parseConsole(text)).toBe(full));

  test.each(["", "tty1", "ttyS0,", "ttyS0,9600x", "ttyS256", "ttyS0,4294967296", "console=tty0"])(
    "%j is none",
    (text) => expect(() => parseConsole(text)).toThrow(ConsoleError),
  );

  test("a hint for arguments that name consoles only", () => {
    const hint = (...kernelArguments: string[]) => consoleHint(kernelArguments, "--old", "--new");
    expect(hint("quiet")).toBeUndefined();
    expect(hint("console=tty0", "console=bogus")).toBeUndefined();
    expect(hint("quiet", "console=tty0")).toBe(
      'Note: consider using "--new tty0" instead of "--old console=tty0" to configure\n' +
        "both kernel and bootloader consoles.",
    );
  });
});
