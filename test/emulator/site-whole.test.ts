/**
 * Everything that a site can have together: two architectures, disks that are only described, a disk for
 * data, static addresses, a VLAN, Wi-Fi with its secret. The files for the network are made by the command,
 * and a machine of QEMU with a screen and a serial console chooses from them. The real Ignition reads what it gets.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { unpackInitramfs } from "../../edge/formats/initramfs.ts";
import { ignitionPath } from "../../edge/iso/ignition.ts";
import { flotilla } from "../cli/command-line.ts";
import { temporaryFolder } from "../cli/temporary.ts";
import { filesOfLive } from "../edge/installer/live-root.ts";
import { peerPath } from "../peers/peers.ts";
import { hasEmulator } from "./emulator.ts";
import { siteConsole } from "./site-machine.ts";

const passphrase = "lost in the harbour fog";
const site = "harbour-street";
const devices = `devices:
  till-1:
    site: ${site}
    description: by the door
    disk: { choose: smallest, sizeMin: 60G, type: nvme }
    data: { disk: /dev/disk/by-id/ata-books, path: /var/lib/books }
    interfaces:
      eno1: { ipv4: { neverDefault: true } }
      wlan0: { type: wifi, wifi: { ssid: Harbour, security: wpa2, passphrase: { env: WIFI_WORD } } }
  till-2:
    site: ${site}
    disk: { mirror: [/dev/sda, /dev/sdb] }
    match: { serial: PF2 }
    interfaces:
      eno1: { ipv4: { method: disabled }, ipv6: { method: disabled } }
      tills: { type: vlan, vlan: { id: 27, parent: eno1 }, ipv4: { addresses: [10.1.7.22/24], gateway: 10.1.7.1 } }
  sign-1: { site: ${site}, profile: sign }
`;

async function liveSystem() {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8")
    .replace(/^profiles:\n/m, "profiles:\n  sign: { architecture: aarch64, disk: /dev/sda }\n")
    .replace(/^devices:\n( .*\n|#.*\n|\n)*/m, devices);
  writeFileSync(file, text);
  await flotilla(folder, ["keygen"]);
  const environment = { WIFI_WORD: passphrase };
  const run = await flotilla(folder, ["pxe", "--site", site], environment);
  expect([run.code, run.err.includes(passphrase)]).toEqual([0, false]);
  await flotilla(folder, ["synth", "--only", "edge"], environment);
  const image = join(folder, `dist/edge/_sites/${site}/pxe-x86_64/config.img`);
  const config = unpackInitramfs(readFileSync(image), 2 ** 25).get(ignitionPath);
  const deviceOf = (name: string) =>
    readFileSync(join(folder, "dist/edge", name, "device.ign"), "utf8").trim();
  return { files: filesOfLive(config ?? new Uint8Array()), deviceOf };
}

const title = "a site with everything (needs QEMU and Debian's kernel)";
describe.skipIf(!hasEmulator)(title, () => {
  test("gives each machine its own device", async () => {
    const { files, deviceOf } = await liveSystem();
    expect(files.get("/etc/flotilla/site/devices")?.text.match(/^device\t.*/gm)).toEqual([
      "device\ttill-1\tby the door",
      "device\ttill-2\t",
    ]);
    const lineOf = (lines: readonly string[], word: string) =>
      lines
        .filter((line) => line.startsWith(`${word}: `))
        .map((line) => line.slice(word.length + 2));

    // Nothing identifies it: a person at the serial console takes the first device.
    const keys = [["Arrow keys and Enter choose", "\u001b[B\r"]] as const;
    const machine = {
      serial: "To be filled by O.E.M.",
      partitions: [],
      keys,
      consoles: ["tty0", "ttyS0"],
    };
    const chosen = await siteConsole(files, machine, 200);
    expect(lineOf(chosen, "consoles")).toEqual(["tty0 ttyS0"]);
    expect(chosen.join("\n")).toContain("-> till-1  by the door");
    expect(lineOf(chosen, "device")).toEqual([deviceOf("till-1")]);
    const [installation = ""] = lineOf(chosen, "installation");
    expect(installation).toContain("DEVICE='till-1' ");
    expect(installation).toContain("DATA_DISK='/dev/disk/by-id/ata-books' ");
    expect(installation).toMatch(/HINT='\{.*"nvme".*\}' /);
    expect(lineOf(chosen, "coreos-installer").join()).not.toContain("dest-device");
    // Wi-Fi begins in the installed system, so its secret is in the device's configuration alone.
    expect(deviceOf("till-1")).toContain("wlan0.nmconnection");
    expect(lineOf(chosen, "keyfile")).toEqual([
      expect.stringMatching(/^600 \[connection\] id=eno1 /),
    ]);

    // This one is recognized; nothing of the other is left in it.
    const recognized = await siteConsole(files, { serial: "pf2", partitions: [], keys: [] }, 200);
    expect(lineOf(recognized, "device")).toEqual([deviceOf("till-2")]);
    expect(lineOf(recognized, "coreos-installer").join()).toContain("dest-device: /dev/sda ");
    const keyfiles = lineOf(recognized, "keyfile").join("\n");
    expect(keyfiles).toContain("address1=10.1.7.22/24");
    expect(keyfiles.split("\n")).toHaveLength(2);
    expect(recognized.join("\n")).not.toContain("wlan0");

    const validator = peerPath("ignition-validate-2.27.0");
    for (const name of validator === undefined ? [] : ["till-1", "till-2"]) {
      execFileSync(validator ?? "", ["-"], { input: deviceOf(name) });
    }
  }, 420_000);
});
