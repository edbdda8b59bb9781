/**
 * Data that a reinstallation keeps: the first installation makes the volume on another disk, and the second
 * one finds it. An installation that finds another partition there fails.
 */
import { createReadStream, renameSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../processes.ts";
import { timed, type Row } from "../rows.ts";
import { baseRoot } from "./disk.ts";
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

  return [
    { what: `an empty second disk: Ignition makes the volume, K3s is up`, seconds: made },
    ...rows,
    { what: "installed again: the same volume, with its file", seconds: kept },
  ];
}

/** Another system's partition is where the volume should be. */
export async function foreignDisk(fixture: Fixture): Promise<readonly Row[]> {
  const { folder } = fixture.world.processes;
  const disk = await partitioned(await baseRoot(folder), join(folder, "foreign.disk"));
  const sum = await sumOf(disk);
  const device = await fixture.installed("data-foreign", {
    device: deviceWithData,
    secondDisk: disk,
  });
  const seconds = await timed(async () => {
    await device.start();
    await device.shows("init: Ignition failed", bootSeconds);
    await device.ended(bootSeconds);
  });
  if ((await sumOf(disk)) !== sum) throw new Error("the foreign disk has changed");
  return [
    {
      what: "a second disk with another partition: Ignition fails, and no byte of the disk changes",
      seconds,
    },
  ];
}

/** Made by the emulated machine, as this one may not have the program. @returns the path of the disk */
async function partitioned(root: string, path: string): Promise<string> {
  const name = "foreign.disk";
  const made = emptyDisk(join(root, name));
  const input = "label: gpt\nname=photos\n";
  await run(["chroot", root, "sfdisk", "--quiet", `/${name}`], { input });
  renameSync(made, path);
  return path;
}

/** Its identity, after checks that it is mounted and that K3s waited for it. */
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
