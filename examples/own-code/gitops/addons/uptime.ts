/** An add-on of the hub: a Helm chart that probes the pages of the shops. */
import type { Construct } from "constructs";
import { Addon, type OwnAddonProps } from "flotilla/gitops";
import { z } from "zod";

export class Uptime extends Addon {
  static readonly description = "Probes the pages of the shops.";
  static readonly chart = {
    name: "prometheus-blackbox-exporter",
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "11.8.0",
  };
  static readonly options = z.strictObject({
    seconds: z.int().default(30).describe("Between two probes."),
  });

  constructor(
    scope: Construct,
    id: string,
    props: OwnAddonProps & z.output<typeof Uptime.options>,
  ) {
    const defaults = { interval: `${props.seconds}s`, fleet: props.hub.fleet };
    super(scope, id, { ...props, namespace: "uptime", wave: 2, defaults });
  }
}
