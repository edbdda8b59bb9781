/** A hub on your own cluster by the commands, with programs that record how they are called. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { gatewayRecordCheck } from "../../../../cli/hub/clouds/existing-checks.ts";
import { sampleCluster } from "../../../existing-cluster.ts";
import { flotilla } from "../../command-line.ts";
import { temporaryFolder } from "../../temporary.ts";
import { fakeCloud, type FakeCloud } from "../deploy/fake-cloud.ts";

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
    const shown = '"$TF_VAR_kubeconfig" "$AWS_PROFILE" "$AAD_LOGIN_METHOD"';
    cloud.on("terraform: argocd init", `printf '%s ' ${shown} >'${file}'; exit 0`);
    // And what the programs read that log in for a kubeconfig, as kubectl gets it.
    const login = { AWS_PROFILE: "factory", AAD_LOGIN_METHOD: "spn" };
    await run(["deploy", "--yes"], { KUBECONFIG: "/a:/b", ...login });
    expect(readFileSync(file, "utf8")).toBe("/a:/b factory spn ");
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
  async function checks(
    more: Readonly<Record<string, string>> = {},
  ): Promise<readonly { name: string; state: string; found: string }[]> {
    const { out } = await run(["doctor", "--json"], more);
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

  const checkOf = async (name: string, more?: Readonly<Record<string, string>>) =>
    (await checks(more)).find((one) => one.name === name);

  test.each([
    ["error: context admin@factory not found", "the kubeconfig has no context admin@factory"],
    [
      'error: error loading config file "/home/ada/.kube/config": yaml: line 3: mapping values',
      "the kubeconfig /home/ada/.kube/config can't be read",
    ],
  ])("repeats what kubectl says about the kubeconfig: %s", async (said, found) => {
    cloud.hub.fail("get-contexts", said);
    expect(await checkOf("cluster")).toMatchObject({ state: "missing", found });
  });

  test.each([
    [
      "Unable to connect to the server: getting credentials: exec: executable kubelogin not found",
      "the kubeconfig logs in with kubelogin, which is not installed. Install it",
    ],
    [
      "Unable to connect to the server: dial tcp [2001:db8::1]:6443: i/o timeout",
      /^the cluster of context admin@factory can't be reached \(dial tcp \[2001:db8::1\]:6443/,
    ],
    [
      'Error from server (Forbidden): nodes is forbidden: User "ada" cannot list resource "nodes" in API group "" at the cluster scope',
      /^ada may not list nodes of the cluster\. Give this user the permission/,
    ],
  ])("says why the nodes can't be read: %s", async (said, found) => {
    cloud.hub.answer("config get-contexts", context);
    cloud.hub.fail("get nodes", said);
    expect(await checkOf("cluster")).toMatchObject({
      state: "missing",
      found: typeof found === "string" ? found : expect.stringMatching(found),
    });
  });

  test.each([
    ["1", "36", "ok"],
    ["1", "33+", "ok"],
    ["1", "32", "missing"],
    ["1", "9+", "missing"],
    ["2", "0", "ok"],
  ])("Kubernetes %s.%s is %s", async (major, minor, state) => {
    cloud.hub.answer("config get-contexts", context);
    cloud.hub.answer("get nodes", '{"items": []}');
    const serverVersion = { major, minor, gitVersion: `v${major}.${minor}.0` };
    cloud.hub.answer("version", JSON.stringify({ serverVersion }));
    expect(await checkOf("Kubernetes")).toMatchObject({ state, needed: state === "ok" });
  });

  test("finds kubectl's kubeconfig by whatever path $KUBECTL has", async () => {
    cloud.hub.answer("config get-contexts", context);
    cloud.hub.answer("get nodes", '{"items": []}');
    const [bin = ""] = cloud.hub.environment["PATH"]?.split(":") ?? [];
    const program = join(bin, "kubectl-1.36.3");
    copyFileSync(join(bin, "kubectl"), program);
    expect(await checkOf("cluster", { KUBECTL: program, KUBECONFIG: "/a:/b" })).toMatchObject({
      state: "ok",
    });
    const calls = cloud.hub.calls().map(({ environment }) => environment);
    expect(calls.length).toBeGreaterThan(2);
    expect(calls.filter((text) => !text.includes("KUBECONFIG=/a:/b\n"))).toEqual([]);
  });

  const argoKind = "customresourcedefinition.apiextensions.k8s.io/applications.argoproj.io\n";
  const secretsKind = "x/externalsecrets.external-secrets.io\n";

  test.each([
    ["", ["Argo CD"]],
    ["configmap/fleet-credential\n", []],
    ["configmap/flotilla-fleet\n", []],
  ])("Argo CD of somebody else is refused (ConfigMaps: %j)", async (configMaps, found) => {
    cloud.hub.answer("config get-contexts", context);
    cloud.hub.answer("get nodes", '{"items": []}');
    // Without platform, External Secrets is none of Flotilla's.
    cloud.hub.answer("get crds", argoKind + secretsKind);
    cloud.hub.answer("get configmaps fleet-credential flotilla-fleet argocd", configMaps);
    const all = await checks();
    const refused = all.filter(({ found: text }) => text.includes("installs its own"));
    expect(refused.map(({ name }) => name)).toEqual(found);
  });

  test.each([
    [[], "missing", "gateway-tunnel has no address yet, and Argo CD waits for it"],
    [[{ ip: "203.0.113.10" }], "ok", "gateway-tunnel: 203.0.113.10"],
    [[{ ip: "10.0.0.1" }], "missing", "gateway-tunnel has 10.0.0.1, not 203.0.113.10"],
    [[{ hostname: "lb.example" }], "missing", "gateway-tunnel has lb.example, not 203.0.113.10"],
  ])("the gateway's load balancer with %j is %s", async (ingress, state, found) => {
    cloud.hub.answer("config get-contexts", context);
    cloud.hub.answer("get nodes", '{"items": []}');
    const service = (name: string, type: string) => ({
      metadata: { name },
      spec: { type },
      status: { loadBalancer: { ...(ingress.length > 0 && { ingress }) } },
    });
    const items = [service("gateway", "ClusterIP"), service("gateway-tunnel", "LoadBalancer")];
    cloud.hub.answer("get services flotilla-gateway", JSON.stringify({ items }));
    const all = (await checks()).filter(({ name }) => name === "load balancer");
    expect(all).toMatchObject([{ state, found }]);
  });

  test.each([
    ["203.0.113.10", "ok"],
    ["203.0.113.99", "missing"],
  ])("a gateway's record with %s is %s", async (address, state) => {
    const endpoint = { host: "gateway.edge.harbor.example", port: 51820 };
    const [check] = await gatewayRecordCheck(endpoint, sampleCluster, async () => [address]);
    expect(check?.state).toBe(state);
  });

  test.each(["203.0.113.10", "2001:db8::9"])("%s needs no record", async (host) => {
    const never = () => Promise.reject(new Error("asked"));
    expect(await gatewayRecordCheck({ host, port: 51820 }, sampleCluster, never)).toEqual([]);
  });
});
