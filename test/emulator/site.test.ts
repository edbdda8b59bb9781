/** An image of several devices in a machine with DMI tables and a serial console. */
import { describe, expect, test } from "vitest";
import type { SiteMember } from "../../edge/installer/site-install.ts";
import { liveFiles } from "../edge/installer/live-root.ts";
import { hasEmulator } from "./emulator.ts";
import { siteConsole } from "./site-machine.ts";

const members: readonly SiteMember[] = ["PF1", "PF2", "PF3"].map((serial, index) => ({
  installation: {
    name: `till-${index + 1}`,
    title: `till-${index + 1} of fleet harbor`,
    disk: `/dev/disk${index + 1}`,
    kernelArguments: [],
    keyfiles: new Map(),
    ignition: `{"key":"of till-${index + 1}"}\n`,
  },
  match: { serial },
}));

const down = "\u001b[B";
const menu = "Arrow keys and Enter choose";
const again = "y: yes, n: no";
const till2 = [
  "coreos-installer: ignition-file: /etc/coreos/dest.ign copy-network: true dest-device: /dev/disk2 ",
  'device: {"key":"of till-2"}',
  "left: /etc/flotilla/installation ",
];
const nothing = ["coreos-installer does not run", "left: /etc/flotilla/installation "];

const title = "the live system of an image of a site (needs QEMU and Debian's kernel)";
describe.skipIf(!hasEmulator)(title, () => {
  test.each([
    ["is recognized by its serial number", "PF2", [], [], till2],
    ["is chosen with the arrow keys", "X9", [], [[menu, `${down}${down}\r`]], till2],
    ["installs nothing without an answer", "X9", [], [], nothing],
    ["was installed, and a person says yes", "PF2", ["boot", "root"], [[again, "y"]], till2],
    ["was installed, and nobody answers", "PF2", ["boot", "root"], [], nothing],
  ] as const)(
    "a machine that %s",
    async (_, serial, partitions, keys, expected) => {
      const lines = await siteConsole(liveFiles(members), { serial, partitions, keys }, 150);
      expect(lines.filter((line) => /^(coreos-installer|device:|left:)/.test(line))).toEqual(
        expected,
      );
    },
    180_000,
  );
});
