import { describe, expect, it } from "vitest";
import { rolloutWariness, zincati } from "../../../edge/parts/zincati.ts";
import { sampleFleet } from "../../sample.ts";

describe("rollout wariness", () => {
  it.each([
    [["only"], [0.5]],
    [
      ["canary", "stable"],
      [0.1, 0.9],
    ],
    [
      ["canary", "early", "stable"],
      [0.1, 0.5, 0.9],
    ],
    [
      ["a", "b", "c", "d"],
      [0.1, 0.37, 0.63, 0.9],
    ],
  ])("of %j is %j", (rings, expected) => {
    expect(rings.map((ring) => rolloutWariness(rings, ring))).toEqual(expected);
  });
});

it("writes each window of the site, in the site's time", () => {
  const [first = expect.fail()] = sampleFleet.devices;
  const also = [{ days: ["Sun"], start: "22:00", lengthMinutes: 300 }];
  const site = { ...first.site, maintenance: { ...first.site.maintenance, also } };
  const context = { fleet: sampleFleet, device: { ...first, site } };
  const contents = zincati(context).files?.[0]?.contents as { readonly inline: string };
  expect(contents.inline).toBe(`[identity]
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
