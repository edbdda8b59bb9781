import { expect, test } from "vitest";
import { UpdateStrategy } from "../../../edge/parts/update-strategy.ts";
import { bareDevice, inlineOf } from "../devices.ts";

test("it writes each window, in the time zone of the windows", () => {
  const device = bareDevice();
  new UpdateStrategy(device, "update-strategy", {
    timeZone: "America/New_York",
    windows: [
      { days: ["Tue", "Wed"], start: "02:00", lengthMinutes: 120 },
      { days: ["Sun"], start: "22:00", lengthMinutes: 300 },
    ],
    rolloutWariness: 0.5,
  });
  expect(inlineOf(device, "/etc/zincati/config.d/55-flotilla.toml")).toBe(`[identity]
rollout_wariness = 0.5

[updates]
strategy = "periodic"

[updates.periodic]
time_zone = "America/New_York"

[[updates.periodic.window]]
days = [ "Tue", "Wed" ]
start_time = "02:00"
length_minutes = 120

[[updates.periodic.window]]
days = [ "Sun" ]
start_time = "22:00"
length_minutes = 300
`);
});
