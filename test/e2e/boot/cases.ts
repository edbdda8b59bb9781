/** What is done to a device that boots, by name. A case throws where it does not hold. */
import type { Row } from "../rows.ts";
import type { Fixture } from "./fixture.ts";
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
];
