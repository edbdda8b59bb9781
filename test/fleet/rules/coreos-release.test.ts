import { expect, test } from "vitest";
import { releaseSeconds } from "../../../fleet/rules/coreos-release.ts";

test.each([
  ["44.20260707.3.1", "2026-07-07T00:00:00Z"],
  // As os-release on a device writes it.
  ["44.20260707.3.1 (CoreOS)", "2026-07-07T00:00:00Z"],
  ["44.20260802.3.1 (uCore minimal)", "2026-08-02T00:00:00Z"],
  ["38.20230718.dev.0", "2023-07-18T00:00:00Z"],
  ["100.20280229.3.0", "2028-02-29T00:00:00Z"],
])("%s was built on %s", (release, day) => {
  expect(releaseSeconds(release)).toBe(Date.parse(day) / 1000);
});

test.each([
  "",
  "44",
  "44.20260707",
  "44.20261301.3.1",
  "44.20260230.3.1",
  "46.82.202112161843-0",
  "44.20260707.3.1 CoreOS",
  "44.20260707.3.1 (CoreOS) (more)",
  "x",
])("%j is no release", (text) => {
  expect(releaseSeconds(text)).toBeUndefined();
});
