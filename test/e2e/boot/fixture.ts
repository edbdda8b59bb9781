/** What all cases share: the operator's project, the shop, and machines with the device's own Ignition. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FleetSettings } from "../project.ts";
import type { World } from "../world.ts";
import { baseRoot, makeDisk } from "./disk.ts";
import { machine, secondDiskPath, type Machine } from "./machine.ts";
import { binarySha256, gatewayName, mirrorUrl, shop, type Shop } from "./site.ts";

export interface Fixture {
  readonly world: World;
  readonly shop: Shop;
  readonly settings: FleetSettings;
  /** The configuration of the device, as the installer leaves it on the disk. */
  readonly ignition: string;
  ignitionOf(device: string): string;
  /** A machine on which the device was just installed. */
  installed(name: string, options?: InstalledOptions): Promise<Machine>;
}

export interface InstalledOptions {
  /** @default the device of all cases but one */
  readonly device?: string;
  /** The path of a second disk. @default none */
  readonly secondDisk?: string;
  /** Whether K3s' stand-in starts an API server, which takes minutes. @default false */
  readonly withApi?: boolean;
  /** Whether it waits for the network and the clock as long as a real machine. @default longer */
  readonly impatient?: boolean;
}

export const deviceName = "till-1";

/** The device with a data volume on its second disk. */
export const deviceWithData = "till-2";
export const dataPath = "/var/lib/till";

const settings: FleetSettings = {
  devices: [{ name: deviceName, ring: "canary" }],
  versions: { canary: "6.9.1", stable: "6.9.1" },
  // By name, as in the field, and K3s from the mirror of the shop.
  more: {
    sites: { shop: { gateway: { endpoints: [gatewayName] }, mirror: { url: mirrorUrl } } },
    devices: {
      [deviceWithData]: {
        profile: "mini-pc",
        site: "shop",
        ring: "canary",
        data: { disk: secondDiskPath, path: dataPath, keep: true },
      },
    },
  },
};

export async function fixture(world: World): Promise<Fixture> {
  const { processes, project } = world;
  const root = await baseRoot(processes.folder);
  project.write(settings);
  await project.flotilla(["keygen"]);
  await project.flotilla(["synth"]);
  const version = pinStandIn(join(project.folder, "fleet.lock.yaml"));
  await world.publish(settings);
  const made = await shop({ world, root, version });
  return {
    world,
    shop: made,
    settings,
    ignition: project.ignition(deviceName),
    ignitionOf: project.ignition,
    installed: async (name, options = {}) => {
      const { device = deviceName, secondDisk, withApi = false, impatient = false } = options;
      const disk = join(processes.folder, `${name}.disk`);
      const folder = processes.folder;
      const ignition = project.ignition(device);
      await makeDisk({ folder, path: disk, ignition, impatient, withApi });
      const { namespace, tap } = made;
      return machine({ processes, name, namespace, tap, disk, ...(secondDisk && { secondDisk }) });
    },
  };
}

/** Pins the hash of the stand-in for K3s in the lock. @returns the version of K3s */
function pinStandIn(path: string): string {
  const lock = readFileSync(path, "utf8");
  const pattern = /version: (\S+)(\n\s+binary:\n\s+x86_64:\n\s+url: \S+\n\s+sha256: )[0-9a-f]{64}/;
  const [, version] = pattern.exec(lock) ?? [];
  if (version === undefined) throw new Error(`no pin of K3s in ${path}`);
  writeFileSync(path, lock.replace(pattern, `version: $1$2${binarySha256()}`));
  return version;
}
