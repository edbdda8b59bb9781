/**
 * The hub's production runtime: what Bitnami's kubeprod gave, on Helm charts that are maintained
 * today. Each add-on has its own Application, so a broken one does not block the others.
 *
 *   const app = new App();
 *   const cloud = hubCloud("harbor", { provider: "google", project: "harbor-edge-hub" });
 *   new Kubeprod(app, "kubeprod", { fleet: "harbor", cloud, domain, addons: parseAddons(), … });
 *   app.synth();
 */
import { Construct } from "constructs";
import {
  addonOptions,
  hasAddon,
  type AddonChart,
  type AddonDeclaration,
  type AddonOptions,
} from "../../fleet/model/addons.ts";
import type { ChartPins } from "../../fleet/model/pins.ts";
import { setCluster } from "../clouds/cloud.ts";
import type { Addon, AddonDefinition, Hub, HubProps } from "./addon.ts";
import { addons as builtInAddons } from "./index.ts";

export interface KubeprodProps extends HubProps {
  /** The options of every add-on of the registry, as `parseAddons` returns them. */
  readonly addons: AddonOptions;
  /** The Helm charts to install, by name. @default what each add-on pins */
  readonly charts?: ChartPins;
  /** The known add-ons. @default Flotilla's own */
  readonly registry?: readonly AddonDefinition[];
}

export class Kubeprod extends Construct {
  /** The add-ons that the hub has, in the order of the registry. */
  readonly addons: readonly Addon[];

  constructor(scope: Construct, id: string, props: KubeprodProps) {
    super(scope, id);
    const { addons, charts, registry = builtInAddons, ...hubProps } = props;
    setCluster(this, hubProps.cloud.cluster);
    const hub: Hub = { ...hubProps, has: (name) => hasAddon({ platform: { addons } }, name) };
    this.addons = registry.flatMap((definition) => {
      const options = addonOptions({ addons }, definition);
      if (options === null) return [];
      const chart = pinnedChart(definition, charts);
      return [definition.create(this, hub, { ...options, chart, repository: hub.repository })];
    });
  }
}

/** The chart of an add-on at the version that a fleet's lock pins. */
export function pinnedChart({ name, chart }: AddonDeclaration, charts?: ChartPins): AddonChart {
  if (charts === undefined) return chart;
  const pin = charts[chart.name];
  if (pin === undefined) throw new Error(`the fleet was loaded without the add-on ${name}`);
  return { ...chart, ...pin };
}
