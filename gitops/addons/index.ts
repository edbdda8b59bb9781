/** The add-ons of the hub: a new one is one file in this folder and one line here. */
import { addonsSchema } from "../../fleet/grammar/platform-schema.ts";
import type { AddonOptions } from "../../fleet/model/addons.ts";
import { resolvedAddons } from "../../fleet/resolve/resolved-addons.ts";
import type { AddonDefinition } from "./addon.ts";
import { certManager } from "./cert-manager.ts";
import { elasticsearch } from "./elasticsearch.ts";
import { externalDns } from "./external-dns.ts";
import { externalSecrets } from "./external-secrets.ts";
import { fluentBit } from "./fluent-bit.ts";
import { nginxIngress } from "./nginx-ingress.ts";
import { nodeExporter } from "./node-exporter.ts";
import { oauth2Proxy } from "./oauth2-proxy.ts";
import { prometheus } from "./prometheus.ts";

export const addons: readonly AddonDefinition[] = [
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

/**
 * The options of every add-on, as the loader reads them from `platform.addons`.
 *
 * @throws ZodError where an option is invalid
 */
export function parseAddons(written: Readonly<Record<string, unknown>> = {}): AddonOptions {
  return resolvedAddons(addons, addonsSchema(addons).parse(written));
}
