/** The same snippets on the same kind of device are checked once, however many devices have them. */
import { expect, test, vi } from "vitest";
import { fleetFiles, imageDigests } from "../../edge/fleet-devices.ts";
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
