import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { rememberNothing } from "../../fleet/model/remember.ts";
import { registrationFiles } from "../../gitops/device-files.ts";
import { sampleFleet, samplePublicKeys } from "../sample.ts";

const [first] = sampleFleet.devices;

function fleetOf(count: number, shards: number | null): Fleet {
  const devices = Array.from({ length: count }, (_, index) => ({
    ...first!,
    name: `store-${index}`,
    address: `100.64.1.${index}`,
  }));
  return { ...sampleFleet, devices, argocd: { ...sampleFleet.argocd, shards } };
}

const registrations = (fleet: Fleet) =>
  new Map(registrationFiles(fleet, samplePublicKeys, new Map(), rememberNothing));

const shardIn = (text: string) =>
  (load(text) as { stringData: { shard?: string } }).stringData.shard;

describe("registrations", () => {
  test("of a fleet that fits one controller name no shard", () => {
    const shards = [...registrations(fleetOf(12, null)).values()].map(shardIn);
    expect(new Set(shards)).toEqual(new Set([undefined]));
  });

  test("of a fleet in shards name every shard, and another device changes none of them", () => {
    const before = registrations(fleetOf(40, 3));
    expect(new Set([...before.values()].map(shardIn))).toEqual(new Set(["0", "1", "2"]));
    const after = registrations(fleetOf(41, 3));
    expect(after.size).toBe(41);
    expect([...before].filter(([path, text]) => after.get(path) !== text)).toEqual([]);
  });

  test("of a fleet that gets another shard change for its devices only", () => {
    const before = registrations(fleetOf(40, 2));
    const after = registrations(fleetOf(40, 3));
    const changed = [...before].filter(([path, text]) => after.get(path) !== text);
    expect(changed.length).toBeGreaterThan(5);
    expect(changed.length).toBeLessThan(25);
    expect(new Set(changed.map(([path]) => shardIn(after.get(path)!)))).toEqual(new Set(["2"]));
  });
});
