import { expect, test } from "vitest";
import { readIgnition } from "../../../../cli/compat/coreos-installer/ignition-config.ts";

test("an Ignition config is written again by the fields of its version", () => {
  const config = (minor: number) => {
    const text = JSON.stringify({
      storage: { links: [{ path: "/a", target: "b" }], luks: [{ name: "c" }] },
      ignition: { version: `3.${minor}.0` },
    });
    return readIgnition(Buffer.from(text));
  };
  expect(config(1)).toEqual({
    json:
      '{"ignition":{"version":"3.1.0"},"storage":{"links":[{"hard":null,"overwrite":null,' +
      '"path":"/a","target":"b"}]}}',
    warnings: ["unused key: $.storage.luks"],
  });
  expect(config(2).json).toContain('"luks":[{"clevis":null,"device":null,"label":null,"name":"c"');
  expect(config(6).json).toContain('"luks":[{"device":null,"discard":null,"label":null,"name":"c"');
});
