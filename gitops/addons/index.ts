/** The add-ons of the hub: a new one is one file in this folder and its line here. */
import { z } from "zod";
import type { Fleet } from "../../fleet/model/fleet.ts";
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

const addons: readonly Addon[] = [
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

/** What a fleet file may say under `platform.addons`, by the add-on's name. */
export const addonSchemas: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  addons.map(({ name, description, schema, core }) => [
    name,
    (core ? schema.omit({ enabled: true }) : schema).optional().describe(description),
  ]),
);
