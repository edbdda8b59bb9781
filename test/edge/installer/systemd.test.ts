import { expect, test } from "vitest";
import { systemdArgument, systemdCommand, systemdText } from "../../../edge/installer/systemd.ts";

test.each([
  ["/dev/sda", "/dev/sda"],
  ["console=ttyS0,115200n8", "console=ttyS0,115200n8"],
  ["", '""'],
  ["two words", '"two words"'],
  ["50%", "50%%"],
  ["$HOME", "$$HOME"],
  ['a="b"', String.raw`"a=\"b\""`],
  ["it's", `"it's"`],
  [String.raw`a\x20b`, String.raw`"a\\x20b"`],
  [";", '";"'],
])("%j is written %s", (argument, written) => {
  expect(systemdArgument(argument)).toBe(written);
});

test("writes whole command lines and free text", () => {
  expect(systemdCommand("/usr/bin/echo", "100%", "-n")).toBe("/usr/bin/echo 100%% -n");
  expect(systemdText("100% of $HOME")).toBe("100%% of $HOME");
});
