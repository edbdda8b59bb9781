/** The sample fleet with the hub's production runtime on it, and what its add-ons make of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import type { Fleet, Platform } from "../../../fleet/model/fleet.ts";
import { ownObjects, type Addon } from "../../../gitops/addons/addon.ts";
import { parseAddons } from "../../../gitops/addons/index.ts";
import { grammar } from "../../../gitops/grammar.ts";
import { sampleFleet } from "../../sample.ts";

const domain = sampleFleet.domain;

export const samplePlatform: Platform = {
  email: "operators@harbor.example",
  login: { github: { organization: "harbor", administrators: "platform-team" } },
  hosts: {
    argocd: `argocd.${domain}`,
    grafana: `grafana.${domain}`,
    kibana: `kibana.${domain}`,
    prometheus: `prometheus.${domain}`,
    alertmanager: `alertmanager.${domain}`,
  },
  addons: parseAddons(),
};

/** @param addons what stands under `platform.addons` */
export function platformFleet(
  addons: Readonly<Record<string, unknown>> = {},
  rest: Partial<Platform> = {},
): Fleet {
  return { ...sampleFleet, platform: { ...samplePlatform, ...rest, addons: parseAddons(addons) } };
}

/** The same with so many devices. */
export function withDevices(fleet: Fleet, count: number): Fleet {
  const [device] = fleet.devices;
  if (device === undefined) throw new Error("the sample has no device");
  return { ...fleet, devices: Array.from({ length: count }, () => device) };
}

/** The add-on's own objects by `<kind> <name>`, with all that is inside. */
export function objectsOf(addon: Addon, fleet: Fleet): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    ownObjects(addon, fleet).map((manifest) => [
      `${manifest.kind} ${manifest.metadata.name}`,
      JSON.parse(JSON.stringify(manifest)) as unknown,
    ]),
  );
}

const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: https://git.harbor.example/state.git }
cloud: { provider: google, project: harbor-edge-hub }
rings: [stable]
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites: { boston: { timeZone: America/New_York, profile: mini-pc } }
devices: { store-1: { site: boston } }
platform:
  email: operators@harbor.example
  login: { github: { organization: harbor } }
  addons:
`;

/**
 * What Flotilla says of a fleet file with this text under `platform.addons`, which starts in line 13,
 * column 5: `line:column: path: message`.
 */
export function mistakesIn(text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-addons-"));
  const file = join(folder, "fleet.yaml");
  try {
    writeFileSync(file, `${head}${text.replaceAll(/^(?=.)/gm, "    ")}\n`);
    loadFleet(file, grammar);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => formatMistake(mistake).replace(`${mistake.file}:`, ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
