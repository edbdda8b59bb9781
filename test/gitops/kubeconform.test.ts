/** Every manifest that is published, strictly by the projects' own schemas. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Tree } from "../../fleet/model/tree.ts";
import { parseAddons } from "../../gitops/addons/index.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { sampleCluster } from "../existing-cluster.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../sample.ts";
import { isManifest, isUnproven, stateObjects, unprovenKinds, wholeFleet } from "./whole-state.ts";

const kubeconform = peerPath("kubeconform-0.7.0");
const schemas = peerPath("manifest-schemas-2");
const missing = kubeconform === undefined || schemas === undefined;
const reason = missing ? " (SKIPPED: no kubeconform or no schemas; run test/peers/build.sh)" : "";

type File = readonly [path: string, text: string];

function under(folder: string, tree: Tree): readonly File[] {
  return [...tree].map(([path, text]) => [`${folder}/${path}`, text]);
}

const whole = synthesizeState(wholeFleet, samplePublicKeys);
const small = synthesizeState(sampleFleet, samplePublicKeys);

const dnsProvider = { values: { provider: { name: "cloudflare" } } };
const ownPlatform = {
  ...samplePlatform,
  addons: parseAddons({ "external-dns": dnsProvider }),
};
const ownCluster = synthesizeState(
  { ...wholeFleet, platform: ownPlatform, cloud: sampleCluster },
  samplePublicKeys,
);
/** Without a load balancer, an ingress or a platform. */
const bareCluster = synthesizeState(
  {
    ...sampleFleet,
    platform: null,
    cloud: {
      ...sampleCluster,
      storageClass: null,
      gateway: {
        address: "203.0.113.10",
        annotations: { "example.com/pool": "edge" },
        service: "NodePort",
        nodeSelector: { "kubernetes.io/hostname": "node-1" },
      },
      ingress: null,
      secretStore: null,
      dns01: null,
    },
  },
  samplePublicKeys,
);
const trees = { whole, small, ownCluster, bareCluster };

describe("API versions", () => {
  // Kubernetes calls what it will change alpha or beta, and its own groups have no dot or end so.
  test.each(["whole", "ownCluster"] as const)(
    "of Kubernetes' own kinds are stable (%s)",
    (tree) => {
      const own = stateObjects(trees[tree])
        .map(({ apiVersion }) => apiVersion)
        .filter((version) => !version.includes(".") || /\.k8s\.io\//.test(version));
      const unstable = own.filter((version) => !/(^|\/)v\d+$/.test(version));
      expect(own.length).toBeGreaterThan(50);
      expect(unstable).toEqual([]);
    },
  );
});

describe.each(["1.34.4", "1.36.3"])("kubeconform, strict, Kubernetes %s", (version) => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-state-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.skipIf(missing)(
    `accepts every manifest, with everything on or little, in Google Cloud or not${reason}`,
    () => {
      const files = Object.entries(trees).flatMap(([name, tree]) => under(name, tree));
      const objects = Object.values(trees).flatMap(stateObjects);
      const skipped = objects.filter(isUnproven).length;
      const valid = objects.length - skipped;
      expect(valid).toBeGreaterThan(300);
      expect(judge(files)).toEqual({
        complaints: [],
        summary: { valid, invalid: 0, errors: 0, skipped },
      });
    },
    120_000,
  );

  test.skipIf(missing)(
    `refuses a field or a version that nobody knows${reason}`,
    () => {
      const broken = [
        ["edge/telemetry/stable/daemonset-telemetry.yaml", "hostPID: true", "hostPid: true"],
        ["hub/fleet/workloads/telemetry.yaml", "selfHeal: true", "selfheal: true"],
        ["root.yaml", "limit: -1", "limits: -1"],
        ["hub/platform/elasticsearch/kibana-kibana.yaml", "resources:", "resource:"],
        ["hub/platform/prometheus/prometheusrule-fleet.yaml", "alert:", "alarm:"],
        ["hub/platform/elasticsearch/cronjob-log-keeper.yaml", "batch/v1", "batch/v1beta1"],
        [
          "hub/platform/external-secrets/clustersecretstore-google-secret-manager.yaml",
          "external-secrets.io/v1",
          "external-secrets.io/v1beta1",
        ],
      ] as const;
      const tree = broken.map(([path, right, wrong]) => {
        const text = whole.get(path) ?? "";
        expect(text, path).toContain(right);
        return [path, text.replace(right, wrong)] as const;
      });
      const { complaints } = judge(tree);
      expect(new Set(complaints.map(([path]) => path))).toEqual(
        new Set(broken.map(([path]) => path)),
      );
    },
    120_000,
  );

  /** kubeconform's complaints, as path and words, and its summary. */
  function judge(files: readonly File[]) {
    rmSync(folder, { recursive: true });
    for (const [path, text] of files.filter(([name]) => isManifest(name))) {
      const place = join(folder, path);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text);
    }
    const location = `${schemas}/${version}/{{.ResourceKind}}{{.KindSuffix}}.json`;
    const options = ["-strict", "-summary", "-output", "json", "-schema-location", location];
    const { resources, summary } = JSON.parse(
      run([...options, "-skip", [...unprovenKinds.keys()].join(","), folder]),
    ) as {
      resources: { filename: string; msg: string }[];
      summary: unknown;
    };
    const complaints = resources.map(({ filename, msg }) => [
      filename.slice(folder.length + 1),
      msg,
    ]);
    return { complaints, summary };
  }

  /** kubeconform's report; it exits with 1 where something is invalid. */
  function run(parameters: readonly string[]): string {
    try {
      return execFileSync(kubeconform!, parameters, { encoding: "utf8" });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }
});
