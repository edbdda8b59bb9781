/**
 * What of a workload is rendered apart: each ring, for its version; and in each ring every site with
 * values of its own. Together they cover each of the workload's devices exactly once.
 */
import type { Device, Fleet, Values, Workload } from "../../fleet/model/fleet.ts";
import { manifestTemplates } from "../../fleet/resolve/manifest-templates.ts";
import { mergeValues } from "../../fleet/model/values.ts";
import { selects } from "../../fleet/rules/selector.ts";
import { renderingFolder } from "../../fleet/model/state-layout.ts";

export interface Rendering {
  readonly workload: Workload;
  readonly ring: string;
  /** The one site that it is for; null: all but those in `otherSites`. */
  readonly site: string | null;
  /** Of the ring's shared rendering: the sites that have their own, sorted. */
  readonly otherSites: readonly string[];
  readonly version: string;
  readonly values: Values;
}

export interface Renderings {
  /** In ring order, the shared one first, then by site. */
  readonly used: readonly Rendering[];
  /**
   * Those of sites whose devices are yet to come. They tell which kinds of object there may be, so
   * that the first device of a site in a ring changes nothing of Argo CD itself.
   */
  readonly unused: readonly Rendering[];
}

/** Where the objects of a rendering lie in the state repository. */
export function renderingFolderOf({ workload, ring, site }: Rendering): string {
  return renderingFolder({ workload: workload.name, ring, site });
}

export function renderingsOf(fleet: Fleet, workload: Workload): Renderings {
  const { values = {}, sites = new Map<string, Values>() } = workload;
  const devices = fleet.devices.filter(({ labels }) => selects(workload.selector, labels));
  // Manifests that name the site are other ones at each.
  const apart = manifestTemplates(workload.manifests ?? []).namesSite;
  const names = apart ? sitesOf(devices, sites) : [...sites.keys()];
  const used: Rendering[] = [];
  const unused: Rendering[] = [];
  for (const ring of fleet.rings) {
    const version = workload.versions.get(ring);
    if (version === undefined) throw new Error(`no version of ${workload.name} in ring ${ring}`);
    const present = new Set(
      devices.filter((each) => each.ring === ring).map(({ site }) => site.name),
    );
    const common = { workload, ring, version };
    if (!apart) used.push({ ...common, site: null, otherSites: names, values });
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

/** Where no device is yet, a site without a name shows what there will be. */
function sitesOf(devices: readonly Device[], own: ReadonlyMap<string, Values>): readonly string[] {
  const names = new Set([...devices.map(({ site }) => site.name), ...own.keys()]);
  return names.size > 0 ? [...names].toSorted() : [""];
}

/** Whether a device gets what is rendered. */
export function reaches({ workload, ring, site, otherSites }: Rendering, device: Device): boolean {
  const place = device.site.name;
  const isThere = site === null ? !otherSites.includes(place) : site === place;
  return device.ring === ring && isThere && selects(workload.selector, device.labels);
}
