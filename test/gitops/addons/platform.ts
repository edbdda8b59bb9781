/** The sample fleet with the hub's production runtime on it, and what its add-ons make of it. */
import type { Chart } from "cdk8s";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFleet } from "../../../fleet/resolve/load.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { addonOptions } from "../../../fleet/model/addons.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Addon, AddonDefinition, AddonProps } from "../../../gitops/addons/addon.ts";
import { parseAddons } from "../../../gitops/addons/index.ts";
import { grammar } from "../../../gitops/grammar.ts";
import { manifests, type Manifest } from "../../../gitops/kubernetes/manifests.ts";
import { sampleFleet } from "../../sample.ts";
import type { Platform } from "../../../fleet/model/platform.ts";

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

/** @param addons what is written under `platform.addons` */
export function platformFleet(
  addons: Readonly<Record<string, unknown>> = {},
  rest: Partial<Platform> = {},
): Fleet {
  return { ...sampleFleet, platform: { ...samplePlatform, ...rest, addons: parseAddons(addons) } };
}

/** The part of an add-on's constructor that is the same for all: what its definition pins. */
export function common({ chart }: AddonDefinition): AddonProps {
  return { chart, repository: sampleFleet.repository };
}

/** Options of an add-on as the loader parses them. */
export function parsed<Options extends object>(
  definition: AddonDefinition<Options>,
  written: Readonly<Record<string, unknown>> = {},
): Options & AddonProps {
  const options = addonOptions({ addons: parseAddons({ [definition.name]: written }) }, definition);
  if (options === null) throw new Error(`${definition.name} is off`);
  return { ...options, ...common(definition) };
}

/** The values that an add-on gives to its chart. */
export function valuesOf(addon: Addon): Readonly<Record<string, unknown>> {
  const { source, sources = [source] } = applicationOf(addon).spec;
  return sources[0]?.helm?.valuesObject ?? {};
}

interface Source {
  readonly helm?: { readonly valuesObject: Readonly<Record<string, unknown>> };
}

interface Application {
  readonly spec: {
    readonly source?: Source;
    readonly sources?: readonly (Source | undefined)[];
    readonly syncPolicy: { readonly syncOptions: readonly string[] };
  };
}

/** The Application of an add-on. */
export function applicationOf(addon: Addon): Application {
  return byName(addon.toJson())[`Application ${addon.name}`] as Application;
}

/** The namespace's level of pod security. */
export function podSecurityOf(addon: Addon): unknown {
  const namespace = byName(addon.toJson())[`Namespace ${addon.targetNamespace}`] as {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  };
  return namespace.metadata.labels["pod-security.kubernetes.io/enforce"];
}

interface Rule {
  readonly from?: readonly unknown[];
  readonly to?: readonly unknown[];
  readonly ports?: readonly { readonly port: number }[];
}

interface Opening {
  /** Undefined: anywhere. */
  readonly namespaces?: readonly string[] | "all" | undefined;
  readonly ports: readonly number[];
}

/** What the default policy of the namespace opens, beside its own pods, name servers and tokens. */
export function networkOf(addon: Addon): {
  readonly from: readonly Opening[];
  readonly to: readonly Opening[];
} {
  const policy = byName(addon.toJson())["NetworkPolicy default"] as {
    readonly spec: { readonly ingress: readonly Rule[]; readonly egress: readonly Rule[] };
  };
  const { ingress, egress } = policy.spec;
  return { from: ingress.slice(1).map(opening), to: egress.slice(3).map(opening) };
}

function opening({ from, to, ports = [] }: Rule): Opening {
  const [peer] = (from ?? to ?? []) as readonly {
    readonly namespaceSelector: {
      readonly matchExpressions?: readonly { readonly values: readonly string[] }[];
    };
  }[];
  const numbers = ports.map(({ port }) => port);
  if (peer === undefined) return { ports: numbers };
  const namespaces = peer.namespaceSelector.matchExpressions?.[0]?.values ?? "all";
  return { namespaces, ports: numbers };
}

/** The add-on's own objects by `<kind> <name>`, with all that is inside. */
export function objectsOf(addon: Addon): Readonly<Record<string, unknown>> {
  return byName(addon.objects.toJson() as readonly Manifest[]);
}

/** Objects of a construct by `<kind> <name>`. */
export function objectsIn(build: (chart: Chart) => void): Readonly<Record<string, unknown>> {
  return byName(manifests("state", build));
}

function byName(objects: readonly Manifest[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    objects.map((manifest) => [
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

/** A fleet file with this text under `platform.addons`, which starts in line 13, column 5. */
export function fleetText(addons: string): string {
  return `${head}${addons.replaceAll(/^(?=.)/gm, "    ")}\n`;
}

/**
 * The mistakes of a fleet file with this text under `platform.addons`: `line:column: path: message`.
 */
export function mistakesIn(text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-addons-"));
  const file = join(folder, "fleet.yaml");
  try {
    writeFileSync(file, fleetText(text));
    loadFleet(file, grammar);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => formatMistake(mistake).replace(`${mistake.file}:`, ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
