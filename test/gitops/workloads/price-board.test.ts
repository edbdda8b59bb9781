/** The example of a workload of plain YAML, and the three forms together, as Kubernetes sees them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { load, loadAll } from "js-yaml";
import { afterAll, describe, expect, test } from "vitest";
import { commonChartKinds, parseKind } from "../../../fleet/model/kinds.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";
import type { Workload } from "../../../fleet/model/workload.ts";

const folder = join(import.meta.dirname, "../../../gitops/workloads/price-board");
const versions = new Map(sampleFleet.rings.map((ring) => [ring, "1.29.1-alpine"]));
const site = sampleFleet.devices[0]!.site.name;

const priceBoard: Workload = {
  name: "price-board",
  selector: { role: "kiosk" },
  versions,
  manifests: readdirSync(folder)
    .toSorted()
    .map((name) => ({ file: name, text: readFileSync(join(folder, name), "utf8") })),
  values: { title: "Prices", currency: "US dollars" },
  sites: new Map([[site, { title: "Prices in Boston" }]]),
};
const cache: Workload = {
  name: "cache",
  selector: {},
  versions: new Map(sampleFleet.rings.map((ring) => [ring, "1.0.0"])),
  chart: {
    repository: "https://charts.example.com",
    name: "valkey",
    kinds: commonChartKinds.flatMap(parseKind),
  },
};
const fleet: Fleet = {
  ...sampleFleet,
  workloads: [cache, ...sampleFleet.workloads, priceBoard].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  ),
};
const tree = synthesizeState(fleet, samplePublicKeys);

test("a kiosk's page has the values of its site", () => {
  const page = (ring: string) => tree.get(`edge/price-board/${ring}/configmap-page.yaml`);
  expect(page("stable")).toContain("<h1>Prices</h1>\n      <p>All prices in US dollars. (stable, ");
  expect(page(`stable@${site}`)).toContain("<h1>Prices in Boston</h1>");
  expect(page("stable")).not.toContain("${");
});

test("its pods have few rights, limits, and a network that refuses", () => {
  const of = (name: string) => load(tree.get(`edge/price-board/stable/${name}.yaml`)!) as never;
  expect(of("deployment-price-board")).toMatchObject({
    spec: {
      template: {
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              image: "docker.io/nginxinc/nginx-unprivileged:1.29.1-alpine",
              resources: { limits: { cpu: "200m", memory: "64Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                readOnlyRootFilesystem: true,
              },
            },
          ],
        },
      },
    },
  });
  expect(of("networkpolicy-price-board")).toMatchObject({
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  });
});

const kubeconform = peerPath("kubeconform-0.7.0");
const schemas = peerPath("manifest-schemas-2");
const missing = kubeconform === undefined || schemas === undefined;
const reason = missing ? " (SKIPPED: no kubeconform or no schemas; run test/peers/build.sh)" : "";

describe.skipIf(missing)(`kubeconform, strict, Kubernetes 1.36${reason}`, () => {
  const place = mkdtempSync(join(tmpdir(), "flotilla-forms-"));
  afterAll(() => rmSync(place, { recursive: true }));

  test("accepts all that the three forms become", () => {
    const manifests = [...tree].filter(
      ([path]) => /^(edge|hub\/fleet)\//.test(path) && !path.endsWith("/values.yaml"),
    );
    for (const [path, text] of manifests) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    const valid = manifests.flatMap(([, text]) => loadAll(text)).length;
    const location = `${schemas}/1.36.3/{{.ResourceKind}}{{.KindSuffix}}.json`;
    const options = ["-strict", "-summary", "-output", "json", "-schema-location", location];
    const answer = execFileSync(kubeconform!, [...options, place], { encoding: "utf8" });
    const { summary } = JSON.parse(answer) as { summary: unknown };
    expect(summary).toEqual({ valid, invalid: 0, errors: 0, skipped: 0 });
  });
});
