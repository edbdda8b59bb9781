/** The dashboards of the fleet: a new one is one file in this folder and one line here. */
import type { Dashboard } from "./dashboard.ts";
import { disks } from "./disk.ts";
import { presence } from "./presence.ts";
import { synchronization } from "./synchronization.ts";
import { temperatures } from "./temperature.ts";
import { versions } from "./versions.ts";

export const dashboards: readonly Dashboard[] = [
  presence,
  versions,
  synchronization,
  temperatures,
  disks,
];
