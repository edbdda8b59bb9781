/** Parts that a random fleet has or lacks, merged over its fleet.yaml: something of each section of the grammar. */

/** JSON, merged mapping by mapping; where the fleet lacks the mapping above it, the part is left out. */
export interface Option {
  /** Where it is merged in. @default the top */
  readonly under?: readonly string[];
  readonly part: Readonly<Record<string, unknown>>;
}

const bundle = "0".repeat(64);

export const fleetOptions: Readonly<Record<string, Option>> = {
  hubKeys: { part: { hub: { generation: 2 } } },
  endpoint: { part: { tunnel: { endpoint: "hub.harbor.example:51821" } } },
  range: { part: { tunnel: { range: "100.80.0.0/16" } } },
  stateUrl: { part: { repository: { url: "https://git.harbor.example/other.git" } } },
  stateBranch: { part: { repository: { branch: "next" } } },
  nodes: { part: { cloud: { nodePool: { machineType: "e2-standard-4" } } } },
  argocd: { part: { argocd: { shards: 2, values: { server: { replicas: 3 } } } } },
  coreos: { part: { coreos: { outdatedAfterDays: 30 } } },
  certificates: { part: { certificates: { notAfter: "2045-01-01" } } },
  host: { under: ["platform"], part: { hosts: { argocd: "cd.a.example.com" } } },
  noLogs: { under: ["platform"], part: { addons: { "fluent-bit": { enabled: false } } } },
  noDns: { under: ["platform"], part: { addons: { "external-dns": { enabled: false } } } },
  grafana: {
    under: ["platform"],
    part: { addons: { prometheus: { values: { grafana: { replicas: 2 } } } } },
  },
  profileRing: { under: ["profiles", "mini-pc"], part: { ring: "early" } },
  profileLabel: { under: ["profiles", "mini-pc"], part: { labels: { role: "kiosk", floor: "1" } } },
  kernel: { under: ["profiles", "mini-pc"], part: { kernelArguments: ["console=tty0"] } },
  encryption: { under: ["profiles", "mini-pc"], part: { encryption: "tpm2" } },
  taint: { under: ["profiles", "mini-pc"], part: { k3s: { nodeTaints: ["edge=yes:NoSchedule"] } } },
  nodeLabel: { under: ["profiles", "mini-pc"], part: { k3s: { nodeLabels: { shelf: "low" } } } },
  podRange: { under: ["profiles", "mini-pc"], part: { k3s: { podRange: "10.60.0.0/16" } } },
  users: { under: ["profiles", "mini-pc"], part: { users: { ada: { groups: ["wheel"] } } } },
  butane: {
    under: ["profiles", "board"],
    part: { butane: { file: "can.bu" } },
  },
  mirrors: {
    under: ["profiles", "board"],
    part: { registries: { mirrors: { "docker.io": { endpoints: ["https://mirror.example"] } } } },
  },
  siteNetwork: { under: ["sites", "bath"], part: { network: "10.120.1.0/24" } },
  siteZone: { under: ["sites", "bath"], part: { timeZone: "America/New_York" } },
  siteWords: { under: ["sites", "bath"], part: { description: "The first" } },
  siteLabel: { under: ["sites", "bath"], part: { labels: { role: "till", area: "west" } } },
  sitePort: { under: ["sites", "bath"], part: { gateway: { port: 443 } } },
  siteProxy: {
    under: ["sites", "cork"],
    part: { proxy: { http: "http://proxy.cork.example:3128" } },
  },
  siteNtp: { under: ["sites", "cork"], part: { ntpServers: ["time.cork.example"] } },
  siteMirror: {
    under: ["sites", "cork"],
    part: {
      mirror: {
        url: "http://10.1.1.1/k3s",
        imagesSha256: { x86_64: bundle, aarch64: bundle },
      },
    },
  },
  window: { under: ["sites", "cork", "maintenance"], part: { workloads: "window" } },
  alsoWindow: {
    under: ["sites", "cork", "maintenance"],
    part: { also: [{ days: ["Thu"], start: "01:00", lengthMinutes: 60 }] },
  },
  message: { under: ["workloads", "point-of-sale"], part: { values: { message: "Good day" } } },
  corkMessage: {
    under: ["workloads", "point-of-sale"],
    part: { sites: { cork: { message: "Hello in Cork" } } },
  },
  only: { under: ["workloads", "telemetry"], part: { architectures: ["x86_64", "aarch64"] } },
  selector: { under: ["workloads", "telemetry"], part: { selector: { role: "till" } } },
  manifests: {
    part: {
      workloads: {
        board: {
          selector: {},
          versions: { canary: "1.0.0", early: "1.0.0", stable: "1.0.0" },
          manifests: "board",
          values: { greeting: "Hello" },
        },
      },
    },
  },
  boardVersion: { under: ["workloads", "board"], part: { versions: { early: "1.0.1" } } },
  boardValues: { under: ["workloads", "board"], part: { values: { greeting: "Hi" } } },
  chart: {
    part: {
      workloads: {
        podinfo: {
          selector: { role: "till" },
          versions: { canary: "6.14.1", early: "6.14.0", stable: "6.14.0" },
          chart: { repository: "https://charts.harbor.example", name: "podinfo" },
          kinds: ["Service", "apps/Deployment"],
        },
      },
    },
  },
  chartValues: {
    under: ["workloads", "podinfo"],
    part: { values: { replicaCount: 2 }, sites: { bath: { replicaCount: 3 } } },
  },
  chartSecurity: { under: ["workloads", "podinfo"], part: { podSecurity: "baseline" } },
};

/** Files beside fleet.yaml that the options name. */
export const optionFiles: Readonly<Record<string, string>> = {
  "can.bu": `variant: fcos
version: 1.5.0
storage:
  files:
    - path: /etc/modules-load.d/can.conf
      contents: { inline: can_raw }
`,
  "board/board.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: board }
data: { version: "\${version}", greeting: "\${values.greeting}" }
`,
};

type Json = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merged(one: Json, other: Json): Json {
  const pairs = Object.entries(other).map(([key, value]) => {
    const old = one[key];
    return [key, isMapping(old) && isMapping(value) ? merged(old, value) : value] as const;
  });
  return { ...one, ...Object.fromEntries(pairs) };
}

/** The fleet with these options, in the order above: one may be of what another one brings. */
export function withOptions(fleet: Json, names: readonly string[]): Json {
  const options = Object.entries(fleetOptions).filter(([name]) => names.includes(name));
  return options.reduce((one, [, { under = [], part }]) => at(one, under, part), fleet);
}

function at(fleet: Json, [key, ...rest]: readonly string[], part: Json): Json {
  if (key === undefined) return merged(fleet, part);
  const below = fleet[key];
  return isMapping(below) ? { ...fleet, [key]: at(below, rest, part) } : fleet;
}
