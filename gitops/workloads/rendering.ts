/**
 * Renderings of a workload: one for each ring, because versions differ by ring, and in it one for
 * each site with values of its own. Together they cover each of the workload's devices exactly once.
 */
import type { Device } from "../../fleet/model/device.ts";
import { renderingFolder } from "../../fleet/model/state-layout.ts";
import { mergeValues } from "../../fleet/model/values.ts";
import { manifestTemplates } from "../../fleet/resolve/manifest-templates.ts";
import { selects } from "../../fleet/rules/selector.ts";
import type { Values } from "../../fleet/model/values.ts";
import type { Workload } from "../../fleet/model/workload.ts";

export interface Rendering {
  readonly workload: Workload;
  readonly ring: string;
  /** The one site that it is for; null: every site but those in `otherSites`. */
  readonly site: string | null;
  /** Sites with their own rendering, sorted; empty for a rendering of one site. */
  readonly otherSites: readonly string[];
  readonly version: string;
  readonly values: Values;
}

export interface Renderings {
  /** In ring order, the shared one first, then by site. */
  readonly used: readonly Rendering[];
  /**
   * Those of sites that have no device in the ring yet. Argo CD must know their kinds of objects, so
   * that the first device of a site does not change Argo CD's own settings.
   */
  readonly unused: readonly Rendering[];
}

/** In the folder of a workload that is a chart: the chart's values. */
export const chartValuesFile = "values.yaml";

/** The folder with the objects of a rendering in the state repository. */
export function renderingFolderOf({ workload, ring, site }: Rendering): string {
  return renderingFolder({ workload: workload.name, ring, site });
}

export interface RenderingsProps {
  readonly workload: Workload;
  /** The devices of the whole fleet. */
  readonly devices: readonly Device[];
  /** The rings of the whole fleet, in ring order. */
  readonly rings: readonly string[];
}

export function renderingsOf({ workload, devices, rings }: RenderingsProps): Renderings {
  const { values = {}, sites = new Map<string, Values>() } = workload;
  const selected = devices.filter(({ labels }) => selects(workload.selector, labels));
  // Manifests that name the site differ by site.
  const isPerSite = manifestTemplates(workload.manifests ?? []).namesSite;
  const names = isPerSite ? sitesOf(selected, sites) : [...sites.keys()];
  const used: Rendering[] = [];
  const unused: Rendering[] = [];
  for (const ring of rings) {
    const version = workload.versions.get(ring);
    if (version === undefined) throw new Error(`no version of ${workload.name} in ring ${ring}`);
    const present = new Set(
      selected.filter((each) => each.ring === ring).map(({ site }) => site.name),
    );
    const common = { workload, ring, version };
    if (!isPerSite) used.push({ ...common, site: null, otherSites: names, values });
    for (const site of names) {
      const ofSite = {
        ...common,
        site,
        otherSites: [],
        values: mergeValues(values, sites.get(site) ?? {}),
      };
      (present.has(site) ? used : unused).push(ofSite);
    }
  }
  return { used, unused };
}

/** Without any device, a site with an empty name shows which kinds of objects there will be. */
function sitesOf(devices: readonly Device[], own: ReadonlyMap<string, Values>): readonly string[] {
  const names = new Set([...devices.map(({ site }) => site.name), ...own.keys()]);
  return names.size > 0 ? [...names].toSorted() : [""];
}

/** Whether a rendering is deployed to a device. */
export function isDeployedTo({ workload, ring, site, otherSites }: Rendering, device: Device) {
  const place = device.site.name;
  const matchesSite = site === null ? !otherSites.includes(place) : site === place;
  return device.ring === ring && matchesSite && selects(workload.selector, device.labels);
}
