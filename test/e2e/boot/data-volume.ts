/**
 * Data that a reinstallation keeps: the first installation makes the volume on another disk, the second one
 * finds it, and one that finds something else there replaces nothing.
 */
import { createReadStream } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../processes.ts";
import { timed, type Row } from "../rows.ts";
import { dataPath, deviceWithData, type Fixture } from "./fixture.ts";
import { emptyDisk, type Machine } from "./machine.ts";
import { bootSeconds, healthy, setUp } from "./two-boots.ts";

export async function dataVolume(fixture: Fixture): Promise<readonly Row[]> {
  const { folder } = fixture.world.processes;
  const ignition = fixture.ignitionOf(deviceWithData);
  const data = emptyDisk(join(folder, "data.disk"));
  const options = { device: deviceWithData, secondDisk: data };

  const device = await fixture.installed("data-first", options);
  const made = await timed(() => setUp(device));
  const before = await volume(device);
  await device.run(`echo 'takings of Monday' >${dataPath}/takings && sync`);
  const rows = await healthy(device, { ...fixture, ignition });
  await off(device);

  const again = await fixture.installed("data-again", options);
  const kept = await timed(() => setUp(again));
  const after = await volume(again);
  if (after !== before) throw new Error(`the volume was made again:\n${before}\n${after}`);
  const takings = await again.run(`cat ${dataPath}/takings`);
  if (takings !== "takings of Monday\n") throw new Error(`the file has changed: ${takings}`);
  await off(again);

  // A disk of somebody else's, with its file system and no partitions.
  const foreign = emptyDisk(join(folder, "foreign.disk"));
  await run(["mkfs.ext4", "-q", "-L", "photos", foreign]);
  const sum = await sumOf(foreign);
  const refused = await fixture.installed("data-foreign", { ...options, secondDisk: foreign });
  await refused.start();
  await refused.shows("init: Ignition failed", bootSeconds);
  await refused.ended(bootSeconds);
  if ((await sumOf(foreign)) !== sum) throw new Error("the foreign disk has changed");
  return [
    { what: `an empty second disk: Ignition makes the volume, K3s is up`, seconds: made },
    ...rows,
    { what: "installed again: the same volume, with its file", seconds: kept },
    { what: "a second disk with another file system: Ignition fails, not a byte of it changes" },
  ];
}

/** Its identity, where it is mounted and K3s waited for it. */
const volume = (device: Machine) =>
  device.run(`
    set -e
    findmnt --noheadings --output FSTYPE,UUID,SOURCE ${dataPath}
    systemctl show --property RequiresMountsFor --value k3s.service | grep --quiet ${dataPath}`);

async function off(device: Machine): Promise<void> {
  await device.run("systemctl --no-block poweroff");
  await device.ended(bootSeconds);
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
