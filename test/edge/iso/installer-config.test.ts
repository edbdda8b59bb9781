import { expect, test } from "vitest";
import { writeInstallerConfig } from "../../../edge/iso/installer-config.ts";

/** As coreos-installer 0.27.0 writes them. */
test.each([
  ["quiet", "quiet"],
  ["12", "'12'"],
  ["0x1f", "'0x1f'"],
  ["1e5", "'1e5'"],
  ["007", "'007'"],
  [".5", "'.5'"],
  ["true", "'true'"],
  ["yes", "yes"],
  ["~", "'~'"],
  ["", "''"],
  ["- x", "'- x'"],
  ["-x", "-x"],
  ["a: b", "'a: b'"],
  ["a #b", "'a #b'"],
  ["#", "'#'"],
  ["'q'", "'''q'''"],
  ["{a}", "'{a}'"],
  ["k:", "'k:'"],
  ["tab\there", '"tab\\there"'],
  ["line\nbreak", "|-\n  line\n  break"],
  [" spaced ", "' spaced '"],
])("the kernel argument %j in YAML", (value, written) => {
  const text = writeInstallerConfig({
    consoles: [],
    appendedKernelArguments: [value],
    deletedKernelArguments: [],
    copyNetwork: false,
  });
  expect(text).toBe(`append-karg:\n- ${written}\n`);
});
