/** The operator's side: a fleet file, the root key, and the command line. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./processes.ts";

const flotilla = resolve(import.meta.dirname, "../../cli/flotilla.mjs");

/** The part of the fleet file that the scenario changes between commits. */
export interface FleetSettings {
  readonly devices: readonly DeviceSettings[];
  /** The versions of the workload point-of-sale, by ring. */
  readonly versions: Readonly<Record<"canary" | "stable", string>>;
  /** The generation of the hub's keys. @default 1 */
  readonly hubGeneration?: number;
  /** Further keys of the fleet file, in its mappings `sites`, `profiles` and so on. @default none */
  readonly more?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface DeviceSettings {
  readonly name: string;
  readonly ring: "canary" | "stable";
  readonly generation?: number;
}

export interface Project {
  readonly folder: string;
  write(settings: FleetSettings): void;
  /** What `write` writes. */
  text(settings: FleetSettings): string;
  /**
   * Runs `flotilla …` in the project's folder.
   *
   * @param variables beside its own
   * @returns what it printed
   */
  flotilla(
    args: readonly string[],
    namespace?: string,
    variables?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** From now on Argo CD's chart is in this repository. */
  takeArgoChartFrom(url: string): void;
  /** The same, for a process that goes on. */
  command(args: readonly string[]): {
    readonly command: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  };
  /** The Ignition that a device's installer writes for the installed system. */
  ignition(device: string): string;
}

export interface ProjectOptions {
  readonly folder: string;
  /** As Argo CD clones it. */
  readonly repositoryUrl: string;
  /** The bare repository on this machine. */
  readonly pushPath: string;
  /** The endpoint of the gateway, as devices dial it: `host:port`. */
  readonly endpoint: string;
  /** The addresses of the hub's pods. */
  readonly podsRange: string;
  /** The addresses of its Services. */
  readonly servicesRange: string;
  /** What `kubectl` is on the operator's PATH. */
  readonly kubectl: string;
}

export function project(options: ProjectOptions): Project {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const command: Project["command"] = (args) => ({
    command: ["env", "-C", folder, process.execPath, flotilla, ...args],
    environment: { HOME: folder, KUBECTL: options.kubectl, NO_COLOR: "1" },
  });
  const commandLine: Project["flotilla"] = (args, namespace, variables = {}) => {
    const { command: words, environment } = command(args);
    const all = { ...environment, ...variables };
    return run(words, { ...(namespace === undefined ? {} : { namespace }), environment: all });
  };
  writeFileSync(join(folder, ".gitconfig"), "[user]\n\tname = e2e\n\temail = e2e@example.com\n");
  return {
    folder,
    write: (settings) => writeFileSync(join(folder, "fleet.yaml"), fleetText(options, settings)),
    text: (settings) => fleetText(options, settings),
    flotilla: commandLine,
    takeArgoChartFrom: (url) => {
      const lock = join(folder, "fleet.lock.yaml");
      const text = readFileSync(lock, "utf8");
      writeFileSync(lock, text.replace("https://argoproj.github.io/argo-helm", url));
    },
    command,
    ignition: (device) => readFileSync(join(folder, "dist/edge", device, "device.ign"), "utf8"),
  };
}

/** The project at Google. */
export const cloudProject = "flotilla-e2e";

const addonsOff = [
  "nginx-ingress",
  "external-dns",
  "oauth2-proxy",
  "fluent-bit",
  "node-exporter",
  "prometheus",
];

function fleetText(options: ProjectOptions, settings: FleetSettings): string {
  const devices = settings.devices.map(({ name, ring, generation = 1 }) => [
    name,
    { profile: "mini-pc", site: "shop", ring, generation, labels: { role: "till" } },
  ]);
  const telemetry = { canary: "1.9.1", stable: "1.9.1" };
  // JSON is YAML.
  const fleet: Readonly<Record<string, unknown>> = {
    fleet: "e2e",
    domain: "e2e.example.com",
    repository: { url: options.repositoryUrl, push: options.pushPath },
    cloud: {
      provider: "google",
      project: cloudProject,
      network: { nodes: "10.0.0.0/17", pods: options.podsRange, services: options.servicesRange },
    },
    hub: { generation: settings.hubGeneration ?? 1 },
    tunnel: { endpoint: options.endpoint },
    rings: ["canary", "stable"],
    profiles: { "mini-pc": { architecture: "x86_64", disk: "/dev/sda" } },
    sites: { shop: {} },
    devices: Object.fromEntries(devices) as unknown,
    platform: {
      email: "e2e@example.com",
      login: { github: { organization: "e2e" } },
      // The others change nothing in what Flotilla's own pods do.
      addons: Object.fromEntries(addonsOff.map((name) => [name, { enabled: false }])),
    },
    workloads: {
      "point-of-sale": {
        selector: { role: "till" },
        versions: settings.versions,
        secrets: [{ name: "till", from: "till" }],
      },
      telemetry: { versions: telemetry },
    },
  };
  const more = Object.entries(settings.more ?? {}).map(([key, values]) => [
    key,
    { ...(fleet[key] as object), ...values },
  ]);
  const whole = { ...fleet, ...(Object.fromEntries(more) as object) };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}
