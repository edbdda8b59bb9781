import { App, Testing } from "cdk8s";
import { expect, test } from "vitest";
import { parseAddons } from "../../../gitops/addons/index.ts";
import { hubCloud } from "../../../gitops/clouds/index.ts";
import { Kubeprod, type KubeprodProps } from "../../../gitops/addons/kubeprod.ts";
import { nginxIngress } from "../../../gitops/addons/nginx-ingress.ts";
import { sampleFleet } from "../../sample.ts";
import { applicationOf, objectsOf, samplePlatform, valuesOf } from "./platform.ts";

const { email, login, hosts } = samplePlatform;

function kubeprod(
  written: Readonly<Record<string, unknown>> = {},
  changes: Partial<KubeprodProps> = {},
) {
  return new Kubeprod(Testing.app(), "kubeprod", {
    fleet: "harbor",
    domain: "edge.harbor.example",
    email,
    login,
    hosts,
    cloud: hubCloud("harbor", sampleFleet.cloud),
    podsRange: "192.168.0.0/18",
    repository: sampleFleet.repository,
    nodeImage: "docker.io/library/node:24.21.0-alpine",
    deviceCount: 3,
    addons: parseAddons(written),
    ...changes,
  });
}

const names = (written: Readonly<Record<string, unknown>> = {}) =>
  kubeprod(written).addons.map(({ name }) => name);

function addonOf(name: string, ...props: Parameters<typeof kubeprod>) {
  const found = kubeprod(...props).addons.find((addon) => addon.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

test("it has every add-on, in the order of the registry", () => {
  expect(names()).toEqual([
    "cert-manager",
    "external-secrets",
    "nginx-ingress",
    "external-dns",
    "oauth2-proxy",
    "node-exporter",
    "prometheus",
    "elasticsearch",
    "fluent-bit",
  ]);
});

test("an add-on that is switched off takes along those that need it", () => {
  const without = names({ elasticsearch: { enabled: false } });
  expect(names().filter((name) => !without.includes(name))).toEqual([
    "elasticsearch",
    "fluent-bit",
  ]);
});

test("options reach the add-on's chart, and free values override Flotilla's", () => {
  const options = { replicas: 5, values: { controller: { logLevel: "debug" } } };
  expect(valuesOf(addonOf("nginx-ingress", { "nginx-ingress": options }))).toMatchObject({
    controller: { replicaCount: 5, logLevel: "debug" },
  });
});

test("the size of what stores data follows the number of devices, unless it is chosen", () => {
  const memory = (written: Readonly<Record<string, unknown>>, deviceCount: number) => {
    const { prometheus } = valuesOf(addonOf("prometheus", written, { deviceCount })) as {
      prometheus: { prometheusSpec: { retentionSize: string } };
    };
    return prometheus.prometheusSpec.retentionSize;
  };
  expect([memory({}, 3), memory({}, 2000)]).toEqual(["26112MiB", "217600MiB"]);
  expect(memory({ prometheus: { size: "large" } }, 3)).toBe("217600MiB");
});

test("without the ingress controller nothing has a host", () => {
  const ingresses = (written: Readonly<Record<string, unknown>>) =>
    kubeprod(written)
      .addons.flatMap((addon) => Object.keys(objectsOf(addon)))
      .filter((name) => /^(Ingress|Policy) /.test(name));
  expect(ingresses({})).toHaveLength(6);
  expect(ingresses({ "nginx-ingress": { enabled: false } })).toEqual([]);
});

test("without oauth2-proxy a host stays closed: the Policy that it names is missing", () => {
  const [ingress] = Object.values(
    objectsOf(addonOf("elasticsearch", { "oauth2-proxy": { enabled: false } })),
  ).filter((object) => (object as { kind: string }).kind === "Ingress");
  expect(JSON.stringify(ingress)).toContain("oauth2-proxy/sign-on");
});

test("without External Secrets you create the Secrets", () => {
  const written = { "external-secrets": { enabled: false } };
  const objects = kubeprod(written, { collectsDeviceLogs: true }).addons.flatMap((addon) =>
    Object.keys(objectsOf(addon)),
  );
  expect(objects.filter((name) => /Secret/.test(name))).toEqual(["Secret elasticsearch-roles"]);
});

test("a chart has the version of the lock, and else that beside its add-on", () => {
  const revision = (changes: Partial<KubeprodProps>) => {
    const { source } = applicationOf(addonOf("nginx-ingress", {}, changes)).spec;
    return (source as { targetRevision?: string } | undefined)?.targetRevision;
  };
  expect(revision({})).toBe(nginxIngress.chart.version);
  const pin = { repository: "https://charts.harbor.example", version: "2.0.0" };
  const charts = { ...sampleFleet.pins.charts, "nginx-ingress": pin };
  expect(revision({ charts })).toBe("2.0.0");
});

test("it works in an App of cdk8s, which writes a file for each chart", () => {
  const app = new App();
  const { repository } = sampleFleet;
  new Kubeprod(app, "kubeprod", {
    fleet: "harbor",
    domain: "edge.harbor.example",
    email,
    login,
    hosts,
    cloud: hubCloud("harbor", sampleFleet.cloud),
    podsRange: "192.168.0.0/18",
    repository,
    nodeImage: "docker.io/library/node:24.21.0-alpine",
    deviceCount: 3,
    addons: parseAddons(),
  });
  expect(app.charts.map(({ node }) => node.path)).toContain("kubeprod/nginx-ingress");
  expect(app.synthYaml()).toContain("kind: ClusterIssuer");
});
