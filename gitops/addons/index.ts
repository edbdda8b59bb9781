/** The add-ons of the hub: a new one is one file in this folder and its line here. */
import { addonsSchema } from "../../fleet/grammar/platform-schema.ts";
import type { AddonOptions } from "../../fleet/model/addons.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { resolvedAddons } from "../../fleet/resolve/resolved-addons.ts";
import type { Addon } from "./addon.ts";
import { certManager } from "./cert-manager.ts";
import { elasticsearch } from "./elasticsearch.ts";
import { externalDns } from "./external-dns.ts";
import { externalSecrets } from "./external-secrets.ts";
import { fluentBit } from "./fluent-bit.ts";
import { nginxIngress } from "./nginx-ingress.ts";
import { nodeExporter } from "./node-exporter.ts";
import { oauth2Proxy } from "./oauth2-proxy.ts";
import { prometheus } from "./prometheus.ts";

export const addons: readonly Addon[] = [
  certManager,
  externalSecrets,
  nginxIngress,
  externalDns,
  oauth2Proxy,
  nodeExporter,
  prometheus,
  elasticsearch,
  fluentBit,
];

/** Those that this fleet's hub has, in the order of the registry. */
export function enabledAddons(fleet: Fleet): readonly Addon[] {
  return addons.filter((addon) => addon.enabled(fleet));
}

/**
 * The options of all add-ons, as the loader makes them of `platform.addons`.
 *
 * @throws ZodError where a fleet file could not say so
 */
export function parseAddons(written: Readonly<Record<string, unknown>> = {}): AddonOptions {
  return resolvedAddons(addons, addonsSchema(addons).parse(written));
}
