import { expect, it } from "vitest";
import { clock } from "../../../edge/parts/clock.ts";
import { k3s } from "../../../edge/parts/k3s.ts";
import { selinux } from "../../../edge/parts/selinux.ts";
import { context } from "./context.ts";

it("is right before whatever speaks TLS, as chrony's own unit has it", () => {
  expect(clock().units).toEqual([{ name: "chrony-wait.service", enabled: true }]);
  for (const { units = [] } of [k3s(context("store-01")), selinux()]) {
    expect(units[0]?.contents).toMatch(/^After=.*\btime-sync\.target\b/m);
  }
});
