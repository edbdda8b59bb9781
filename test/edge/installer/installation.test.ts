import { expect, test } from "vitest";
import { installationOf, installMethod } from "../../../edge/installer/installation.ts";
import { bareDevice } from "../devices.ts";

test.each([
  ["32.20200615.3.0", "nested"],
  ["34.20210921.dev.0", "nested"],
  ["35.20211215.3.0", "nested"],
  ["35.20211216.dev.0", "installer.d"],
  ["44.20260621.3.1", "installer.d"],
  ["your own release", "installer.d"],
  [undefined, "installer.d"],
])("the ISO of %s takes %s", (release, method) => {
  expect(installMethod(release)).toBe(method);
});

test("it is made of a device", () => {
  const device = bareDevice({ fleet: "harbor", kernelArguments: ["a=1"] });
  expect(installationOf(device)).toEqual({
    name: "store-01",
    title: "store-01 of fleet harbor",
    disk: "/dev/sda",
    kernelArguments: ["a=1"],
    keyfiles: new Map(),
    ignition: `{"ignition":{"version":"3.4.0"}}\n`,
  });
});
