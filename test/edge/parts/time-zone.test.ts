import { expect, test } from "vitest";
import { TimeZone } from "../../../edge/parts/time-zone.ts";
import { bareDevice } from "../devices.ts";

test("it is a link, as timedatectl makes it", () => {
  const device = bareDevice();
  new TimeZone(device, "time-zone", { timeZone: "Europe/Dublin" });
  expect(device.toConfig().storage?.links).toEqual([
    { path: "/etc/localtime", target: "../usr/share/zoneinfo/Europe/Dublin" },
  ]);
});
