/** The cases of a device that boots, by name. A case throws if it fails. */
import type { Row } from "../rows.ts";
import { dataVolume, foreignDisk } from "./data-volume.ts";
import { fullDisk, lateNetwork, wrongClock } from "./disturbances.ts";
import type { Fixture } from "./fixture.ts";
import { liveSystems } from "./installer.ts";
import { powerCuts } from "./power-cuts.ts";
import { twoBoots } from "./two-boots.ts";

export interface Case {
  readonly name: string;
  readonly what: string;
  /** Whether it needs the hub with its Argo CD. @default false */
  readonly hub?: boolean;
  /** @returns the rows of the table */
  readonly run: (fixture: Fixture) => Promise<readonly Row[]>;
}

export const cases: readonly Case[] = [
  {
    name: "two-boots",
    what: "a device installs itself, restarts once, and is one of the fleet",
    hub: true,
    run: twoBoots,
  },
  {
    name: "power-cuts",
    what: "the power is cut at six points of the first two boots",
    run: powerCuts,
  },
  {
    name: "late-network",
    what: "the network comes late, or not at all",
    run: lateNetwork,
  },
  {
    name: "wrong-clock",
    what: "the clock of the machine is in 1980 at each start",
    run: wrongClock,
  },
  {
    name: "full-disk",
    what: "the disk is full when the device starts",
    run: fullDisk,
  },
  {
    name: "data-volume",
    what: "a volume for data on a second disk, which a reinstallation keeps",
    run: dataVolume,
  },
  {
    name: "foreign-disk",
    what: "the second disk, which is for data, has another system's partition",
    run: foreignDisk,
  },
  {
    name: "installer",
    what: "the live system of an image, up to coreos-installer and after it",
    run: liveSystems,
  },
];
