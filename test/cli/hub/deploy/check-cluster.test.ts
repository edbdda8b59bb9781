/** A hub on a cluster of one's own by the commands, with programs that record how they are called. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { gatewayRecordCheck } from "../../../../cli/hub/deploy/check-cluster.ts";
import { sampleCluster } from "../../../existing-cluster.ts";
import { flotilla } from "../../command-line.ts";
import { temporaryFolder } from "../../temporary.ts";
import { fakeCloud, type FakeCloud } from "./fake-cloud.ts";

const context = "admin@factory";
const cluster = `cloud:
  provider: existing
  context: ${context}
  network: { nodes: 10.20.0.0/16, pods: 10.244.0.0/16, services: 10.96.0.0/12 }
  gateway: { address: 203.0.113.10 }
`;

let folder: string;
let cloud: FakeCloud;

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = fakeCloud(context);
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^cloud:\n(?: {2}.*\n)+/m, cluster));
});

const run = (args: string[], more: Readonly<Record<string, string>> = {}) =>
  flotilla(folder, args, { ...cloud.environment, ...more });

test("synth, plan and publish work, without a stack hub", { timeout: 60_000 }, async () => {
  expect(await run(["synth"])).toMatchObject({ code: 0 });
  expect(existsSync(join(folder, "dist/infra/stacks/argocd/cdk.tf.json"))).toBe(true);
  expect(existsSync(join(folder, "dist/infra/stacks/hub"))).toBe(false);
  expect(await run(["publish"])).toMatchObject({ code: 0 });
  const { code, out } = await run(["plan", "--json"]);
  expect(code).toBe(0);
  expect((JSON.parse(out) as { hubSize: string[] }).hubSize.at(-1)).toBe(
    "nodes: with 8 GiB of memory",
  );
});

describe("deploy", { timeout: 60_000 }, () => {
  test("applies the stack of Argo CD alone and asks nothing of Google", async () => {
    cloud.hub.answer("get nodes", '{"items": [{"metadata": {}}]}');
    cloud.hub.answer("config get-contexts", context);
    const { code, out, err } = await run(["deploy", "--yes"]);
    expect([code, err]).toEqual([0, expect.stringContaining("Plan: 3 to add")]);
    const calls = cloud.calls();
    expect(calls.filter((call) => call.startsWith("gcloud"))).toEqual([]);
    expect(calls.some((call) => call.startsWith("terraform: argocd apply"))).toBe(true);
    expect(calls.some((call) => call.startsWith("terraform: hub"))).toBe(false);
    expect(cloud.hub.object("/api/v1/namespaces/argocd/secrets/hub-client-ca")).toBeDefined();
    expect(out).toContain("  gateway.edge.cornercafe.example. A 203.0.113.10\n");
  });

  test("gives $KUBECONFIG to Terraform, whose provider does not read it", async () => {
    cloud.hub.answer("get nodes", '{"items": []}');
    cloud.hub.answer("config get-contexts", context);
    const file = join(folder, "seen");
    cloud.on("terraform: argocd init", `printf %s "$TF_VAR_kubeconfig" >'${file}'; exit 0`);
    await run(["deploy", "--yes"], { KUBECONFIG: "/a:/b" });
    expect(readFileSync(file, "utf8")).toBe("/a:/b");
  });
});

test("destroy deletes no cluster that it did not make", async () => {
  const { code, err } = await run(["destroy", "--yes"]);
  expect(code).toBe(1);
  expect(err).toContain(`Flotilla did not make the cluster ${context} (cloud.provider: existing)`);
  expect(cloud.calls()).toEqual([]);
});

test("bootstrap uses the context of the fleet file, whatever the current one is", async () => {
  const { code, out } = await run(["bootstrap", "--dry-run", "--json"]);
  expect([code, (JSON.parse(out) as { context: string }).context]).toEqual([0, context]);
});

describe("doctor", () => {
  async function checks(): Promise<readonly { name: string; state: string; found: string }[]> {
    const { out } = await run(["doctor", "--json"]);
    return (JSON.parse(out) as { checks: [] }).checks;
  }

  test("looks at the cluster and its nodes, and not at Google", async () => {
    cloud.hub.answer("config get-contexts", context);
    cloud.hub.answer("get nodes", '{"items": [{"metadata": {}}, {"metadata": {}}]}');
    const all = await checks();
    expect(all.map(({ name }) => name)).toEqual([
      "node",
      "git",
      "terraform",
      "kubectl",
      "helm",
      "cluster",
      "gateway's record",
      "state repository",
    ]);
    expect(all.find(({ name }) => name === "cluster")).toMatchObject({
      state: "ok",
      found: `${context}, 2 nodes`,
    });
  });

  test.each([
    ["203.0.113.10", "ok"],
    ["203.0.113.99", "missing"],
  ])("a gateway's record with %s is %s", async (address, state) => {
    const endpoint = { host: "gateway.edge.harbor.example", port: 51820 };
    const [check] = await gatewayRecordCheck(endpoint, sampleCluster, async () => [address]);
    expect(check?.state).toBe(state);
  });
});
