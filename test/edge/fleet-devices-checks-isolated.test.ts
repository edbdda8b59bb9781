/** Snippets and a user's own parts are checked once for each kind of device that has them. */
import { Construct } from "constructs";
import { expect, test, vi } from "vitest";
import { checkOwnParts, fleetFiles, imageDigests } from "../../edge/fleet-devices.ts";
import { snippetReport } from "../../edge/snippets.ts";
import { fleetOf } from "./snippet-fleet.ts";
import { sampleSecrets } from "../sample.ts";

vi.mock("../../edge/snippets.ts", { spy: true });

test("one check for each kind of device", () => {
  const fleet = fleetOf(`profiles:
  mini-pc:
    architecture: x86_64
    disk: /dev/sda
    butane: |
      variant: fcos
      version: 1.5.0
      storage: { directories: [{ path: /etc/own }] }
sites:
  boston: { profile: mini-pc }
  lyon: { profile: mini-pc }
devices:
  store-{1..9}: { site: boston }
  shop-{1..9}: { site: lyon }
`);
  imageDigests(fleet, new Uint8Array(32));
  const files = [...fleetFiles(fleet, () => sampleSecrets)];
  expect(files.filter(({ text }) => text.includes("/etc/own")).length).toBeGreaterThan(17);
  expect(snippetReport).toHaveBeenCalledTimes(2);
});

test("a user's own part is checked once for each device of a fleet, and again with other classes", () => {
  const fleet = fleetOf(`profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda }
sites:
  boston: { profile: mini-pc }
devices:
  store-{1..3}: { site: boston }
`);
  const withPart = {
    ...fleet,
    devices: fleet.devices.map((device) => ({ ...device, parts: new Map([["kiosk", {}]]) })),
  };
  const made: string[] = [];
  const classOf = (kind: string) =>
    class extends Construct {
      constructor(scope: Construct, id: string) {
        super(scope, id);
        made.push(kind);
      }
    };
  const parts = new Map([["kiosk", classOf("first")]]);
  checkOwnParts(withPart, parts);
  checkOwnParts(withPart, parts);
  const first = ["first", "first", "first"];
  expect(made).toEqual(first);
  checkOwnParts(withPart, new Map([["kiosk", classOf("second")]]));
  expect(made).toEqual([...first, "second", "second", "second"]);
});
