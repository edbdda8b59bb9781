import { expect, test } from "vitest";
import { Hostname } from "../../../edge/parts/hostname.ts";
import { bareDevice, inlineOf } from "../devices.ts";

test.each([
  [{}, "store-01\n"],
  [{ hostname: "till" }, "till\n"],
])("%j", (props, text) => {
  const device = bareDevice();
  new Hostname(device, "hostname", props);
  expect(inlineOf(device, "/etc/hostname")).toBe(text);
});
