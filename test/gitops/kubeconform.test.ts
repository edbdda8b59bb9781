import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadAll } from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { synthesizeState } from "../../gitops/synth.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet, samplePublicKeys } from "../sample.ts";

const kubeconform = peerPath("kubeconform-0.7.0");
const schemas = peerPath("manifest-schemas-1.36.3");
const missing = kubeconform === undefined || schemas === undefined;
const reason = missing ? " (SKIPPED: no kubeconform or no schemas; run test/peers/build.sh)" : "";

describe.skipIf(missing)(`kubeconform, strict, Kubernetes 1.36${reason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-state-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("accepts every manifest of the state repository", () => {
    const tree = synthesizeState(sampleFleet, samplePublicKeys);
    for (const [path, text] of tree) write(path, text);
    const manifests = [...tree].filter(([path]) => !path.endsWith("values.yaml"));
    const valid = manifests.flatMap(([, text]) => loadAll(text)).length;
    expect(valid).toBeGreaterThan(50);
    expect(judge()).toEqual({ valid, invalid: 0, errors: 0, skipped: 0 });
  });

  it("refuses a field that Kubernetes or Argo CD does not know", () => {
    const tree = synthesizeState(sampleFleet, samplePublicKeys);
    const broken = new Map([
      ["edge/telemetry/stable/daemonset-telemetry.yaml", ["hostPID: true", "hostPid: true"]],
      ["hub/fleet/workloads/telemetry.yaml", ["selfHeal: true", "selfheal: true"]],
      ["root.yaml", ["limit: -1", "limits: -1"]],
    ] as const);
    for (const [path, [right, wrong]] of broken) {
      expect(tree.get(path)).toContain(right);
      write(path, tree.get(path)!.replace(right, wrong));
    }
    expect(judge()).toMatchObject({ invalid: 3, errors: 0 });
  });

  function write(path: string, text: string): void {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }

  function judge(): unknown {
    const location = `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`;
    const options = ["-strict", "-summary", "-output", "json", "-schema-location", location];
    const answer = run([...options, "-ignore-filename-pattern", "values.yaml", folder]);
    return (JSON.parse(answer) as { summary: unknown }).summary;
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
