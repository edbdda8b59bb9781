/** The mistakes about a hub on your own cluster, at their places. */
import { expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { addons } from "../../../gitops/addons/index.ts";

const network = "network: { nodes: 10.20.0.0/16, pods: 10.244.0.0/16, services: 10.96.0.0/12 }";

/** @param cloud its lines, after `provider` */
function said(
  cloud: readonly string[],
  rest: readonly string[] = [],
  provider = "existing",
): string {
  const lines = [
    "fleet: harbor",
    "domain: edge.harbor.example",
    "repository: { url: https://git.harbor.example/state.git }",
    "profiles: { pc: { architecture: x86_64, disk: /dev/sda } }",
    "sites: { shop: { profile: pc } }",
    "devices: { store-01: { site: shop } }",
    "workloads: {}",
    "cloud:",
    `  provider: ${provider}`,
    ...cloud.map((line) => `  ${line}`),
    ...rest,
  ];
  const source = parseSource("fleet.yaml", lines.join("\n"));
  try {
    declareFleet(source, [], undefined, { addons });
    return "";
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map(formatMistake).join("\n");
  }
}

const required = ["context: factory", network, "gateway: { address: 203.0.113.10 }"];
const platform = [
  "platform:",
  "  email: a@harbor.example",
  "  login: { github: { organization: harbor } }",
];

test.each(["my cluster", "-x", "a..b", "büro", "$(id)"])("the context %j is refused", (context) => {
  const text = said([`context: ${JSON.stringify(context)}`, ...required.slice(1)]);
  expect(text).toMatch(/^fleet\.yaml:10:\d+: cloud\.context: ".*" is not a valid context\. /);
  expect(text).toContain("to change it: kubectl config rename-context OLD NEW.");
});

test("a cluster needs its context, its ranges and the gateway's address", () => {
  expect(said(required)).toBe("");
  expect(said([])).toBe(
    ["context", "network", "gateway"]
      .map((key) => `fleet.yaml:8:1: cloud: "${key}" is missing. Write it here.`)
      .join("\n"),
  );
});

test.each([
  ["region: us-east1", 'cloud.region: "region" requires provider: google. Delete it here.'],
  ["budget: {}", 'cloud.budget: "budget" requires provider: google. Delete it here.'],
  ["contxt: x", 'cloud.contxt: unknown key "contxt". Did you mean context?'],
  ["storageClass: Fast", 'cloud.storageClass: "Fast" is not a valid name of an object.'],
  ["apiServerPort: 0", "cloud.apiServerPort: 0 is too small. Write at least 1."],
  ["dns01: {}", "cloud.dns01: found nothing. Write one of: acmeDNS, "],
  ["dns01: { route52: {} }", 'cloud.dns01.route52: found "route52". Write one of: '],
  [
    "dns01: { route53: {}, cloudflare: {} }",
    "cloud.dns01: found route53 and cloudflare. Write one of: ",
  ],
  [
    "ingress: { address: 10.244.3.4 }",
    "cloud.ingress.address: 10.244.3.4 is inside cloud.network.pods (10.244.0.0/16). Write the",
  ],
  [
    "ingress: { address: 100.64.0.9 }",
    "cloud.ingress.address: 100.64.0.9 is inside tunnel.range (100.64.0.0/16).",
  ],
  ["ingress: { address: lb.example }", "cloud.ingress.address: "],
  ['ingress: { address: "2001:db8::1" }', "is not a valid IPv4 address"],
  [
    "ingress: { address: 0.0.0.0 }",
    "0.0.0.0 is inside the range of unknown addresses (0.0.0.0/8). Write the address",
  ],
  ["ingress: { address: 127.0.0.1 }", "127.0.0.1 is inside the loopback range (127.0.0.0/8)."],
  [
    "ingress: { address: 169.254.1.1 }",
    "169.254.1.1 is inside the link-local range (169.254.0.0/16).",
  ],
  ["ingress: { address: 224.0.0.1 }", "is inside the multicast and reserved ranges (224.0.0.0/3)."],
  [
    "ingress: { address: 255.255.255.255 }",
    "is inside the multicast and reserved ranges (224.0.0.0/3).",
  ],
])("%s", (line, message) => {
  const text = said([...required, line]);
  expect(text.split("\n").length).toBe(1);
  expect(text).toMatch(/^fleet\.yaml:13:\d+: /);
  expect(text).toContain(message);
});

test("what only your own cluster has is refused in Google Cloud", () => {
  expect(said(["project: harbor-hub", "context: factory"], [], "google")).toMatch(
    /^fleet\.yaml:11:3: cloud\.context: "context" requires provider: existing\. Delete it here\./,
  );
});

test.each([
  [
    "missing",
    ["project: x"],
    (lines: string[]) => lines.filter((line) => !line.includes("provider")),
    '"provider" is missing. Write it here, with one of: google, existing.',
  ],
  [
    "misspelled",
    ["x: y"],
    (lines: string[]) => lines.map((line) => line.replace("provider", "providr")),
    'unknown key "providr". Did you mean provider?',
  ],
  [
    "a number",
    ["x: y"],
    (lines: string[]) => lines.map((line) => line.replace("google", "7")),
    "cloud.provider: found 7. Write one of: google, existing.",
  ],
])("the provider is %s", (_what, lines, change, message) => {
  const text = change(["cloud:", "  provider: google", ...lines.map((line) => `  ${line}`)]);
  const source = parseSource("fleet.yaml", ["fleet: a", ...text].join("\n"));
  expect(() => declareFleet(source, [])).toThrow(message);
});

test("the platform needs what Google Cloud would have", () => {
  const text = said(required, platform);
  expect(
    text
      .split("\n")
      .map(
        (line) =>
          /"(\w+)" is missing, and the add-on (\S+)/.exec(line)?.slice(1) ?? line.slice(0, 60),
      ),
  ).toEqual([
    ["ingress", "nginx-ingress"],
    ["dns01", "nginx-ingress"],
    ["secretStore", "external-secrets"],
    "fleet.yaml:12:1: platform: the add-on external-dns requires yo"
      .slice(0, 60)
      .replace("12", "13"),
  ]);
  const own = [
    "ingress: { address: 203.0.113.11 }",
    "secretStore: vault",
    "dns01: { route53: { region: eu-west-1 } }",
  ];
  const dns = "  addons: { external-dns: { values: { provider: { name: aws } } } }";
  expect(said([...required, ...own], [...platform, dns])).toBe("");
  const off = ["nginx-ingress", "external-secrets", "external-dns"].map(
    (addon) => `    ${addon}: { enabled: false }`,
  );
  expect(said(required, [...platform, "  addons:", ...off])).toBe("");
});

test("a node port is one that Kubernetes allows", () => {
  const nodePort = [
    "context: factory",
    network,
    "gateway: { address: 203.0.113.10, service: NodePort }",
  ];
  expect(said(nodePort)).toContain(
    "cloud.gateway.service: NodePort requires a port from 30000 to 32736",
  );
  const at = (port: number) => said(nodePort, [`tunnel: { endpoint: "203.0.113.10:${port}" }`]);
  expect([30_000, 32_736].map(at)).toEqual(["", ""]);
  for (const port of [29_999, 32_737])
    expect(at(port)).toMatch(/^fleet\.yaml:13:\d+: tunnel\.endpoint: /);
});
