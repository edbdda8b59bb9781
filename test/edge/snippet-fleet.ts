/** Fleets with an operator's own Butane, for the tests of snippets. */
import { checkSnippets } from "../../edge/fleet-devices.ts";
import { emptyLock } from "../../fleet/lock/lock.ts";
import { formatMistake } from "../../fleet/grammar/mistakes.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { declareFleet } from "../../fleet/resolve/declaration.ts";
import { parseSource } from "../../fleet/grammar/source.ts";
import { allocated } from "../../fleet/resolve/allocation.ts";
import { resolveFleet } from "../../fleet/resolve/resolved-fleet.ts";

const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub }
`;

/** The fleet of a text whose first line is line 5; files that it names are in `files`. */
export function fleetOf(text: string, files: Readonly<Record<string, string>> = {}): Fleet {
  const source = parseSource("fleet.yaml", `${head}${text}`);
  const declaration = declareFleet(source, undefined, {
    read: (path) => ({ file: `folder/${path}`, text: files[path] ?? "" }),
  });
  return resolveFleet(declaration, allocated(declaration, emptyLock("harbor", "100.64.0.0/16")));
}

export const usual = `profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda }
sites:
  boston: { profile: mini-pc }
`;

/** A store with this Butane, in lines 13 and on, from column 7. */
export function store(butane: string, profiles = usual): Fleet {
  const block = butane.trimEnd().replaceAll(/^(?=.)/gm, "      ");
  return fleetOf(`${profiles}devices:
  store-01:
    site: boston
    butane: |
${block}
`);
}

export const said = (fleet: Fleet) => {
  const { mistakes, warnings } = checkSnippets(fleet);
  return { mistakes: mistakes.map(formatMistake), warnings: warnings.map(formatMistake) };
};

export const sound = (path: string) => `variant: fcos
version: 1.5.0
storage:
  files:
    - path: ${path}
`;

/** What is wrong with the rest of a snippet of a store. */
export const mistakesIn = (rest: string, profiles = usual) =>
  said(store(`variant: fcos\nversion: 1.5.0\n${rest}`, profiles)).mistakes;
