/**
 * A hub on your own cluster from end to end, as a user starts it: the real terraform with the real
 * Helm provider, kubectl, a real control plane and a running Argo CD, in a network namespace. A small
 * chart takes the place of Argo CD's, and gcloud is not installed.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { argoChartPeers, makeArgoChart } from "../../../argo-chart.ts";
import {
  applyArgoCdSettings,
  applyDefinitions,
  argoCd,
  argoNamespace,
} from "../../../e2e/argo-cd.ts";
import { startHubPlane, type ControlPlane } from "../../../e2e/control-plane.ts";
import { gitServer } from "../../../e2e/git-server.ts";
import { loginPlugin } from "../../../e2e/kubeconfig.ts";
import { namespaces, type Namespaces } from "../../../e2e/namespaces.ts";
import { listens, processes, run, until, type Processes } from "../../../e2e/processes.ts";
import { mirrorEnvironment, missing } from "../../../google/terraform.ts";
import { peerPath } from "../../../peers/peers.ts";

const peers = [
  ...argoChartPeers,
  "argo-cd-3.6.1",
  "cert-manager-crds-1.21.1",
  "kwok-0.8.0",
  "kwok-stages-0.8.0.yaml",
  "kine-0.16.4",
  "kubectl-1.35.2",
  "kubernetes-1.36.3-2",
  "terraform-mirror/registry.terraform.io/hashicorp/helm/3.1.1",
];
const isReady =
  missing === undefined &&
  peers.every((name) => peerPath(name) !== undefined) &&
  process.getuid?.() === 0;
const why = isReady ? "" : " (SKIPPED: not root, or test/peers/build.sh e2e was not run)";

const program = join(import.meta.dirname, "../../../../cli/flotilla.mjs");
const context = "team/admin@factory";
const chartPort = 8090;

interface Application {
  readonly status?: {
    readonly sync?: { readonly status: string };
    readonly operationState?: { readonly phase: string };
  };
}

describe.skipIf(!isReady)(`a hub on your own cluster${why}`, { timeout: 180_000 }, () => {
  let folder: string;
  let project: string;
  let network: Namespaces;
  let namespace: string;
  let all: Processes;
  let plane: ControlPlane;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "own-"));
    mkdirSync((project = join(folder, "project")));
    network = namespaces();
    namespace = network.add({ label: "own" });
    all = processes(folder);
    const server = gitServer(all, { namespace, folder, address: "127.0.0.1" });
    const url = await server.repository("state");
    await server.service.start();
    await serveChart();
    plane = await startHubPlane(all, { namespace, folder });
    environment = { ...toolSettings(), KUBECONFIG: kubeconfigs().join(":") };
    writeFileSync(join(project, "fleet.yaml"), fleetText(url));
    for (const command of ["keygen", "synth"]) {
      expect(await flotilla(command)).toMatchObject({ code: 0 });
    }
    const lock = join(project, "fleet.lock.yaml");
    const text = readFileSync(lock, "utf8");
    const own = `http://127.0.0.1:${chartPort}`;
    writeFileSync(lock, text.replace("https://argoproj.github.io/argo-helm", own));
  }, 180_000);

  afterAll(async () => {
    await all?.end();
    network?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function serveChart(): Promise<void> {
    const charts = join(folder, "charts");
    await makeArgoChart(charts, `http://127.0.0.1:${chartPort}`);
    const command = ["python3", "-m", "http.server", String(chartPort), "--directory", charts];
    const ready = () => listens(namespace, chartPort);
    await all.service({ name: "charts", namespace, command, ready }).start();
  }

  /** kwok plays the node and its pods. */
  async function startNode(): Promise<void> {
    const metadata = { name: "node-1", annotations: { "kwok.x-k8s.io/node": "fake" } };
    await plane.apply(JSON.stringify({ apiVersion: "v1", kind: "Node", metadata }));
    const command = [
      [peerPath("kwok-0.8.0") ?? "", `--kubeconfig=${plane.kubeconfig}`, "--manage-all-nodes=true"],
      [`--config=${peerPath("kwok-stages-0.8.0.yaml")}`],
    ].flat();
    const wait = ["wait", "--for=condition=Ready", "node/node-1", "--timeout=2s"];
    const ready = () => plane.kubectl(wait);
    await all.service({ name: "kwok", namespace, command, ready }).start();
  }

  function toolSettings(): Record<string, string> {
    const email = "[user]\n\tname = ada\n\temail = ada@example.com\n";
    writeFileSync(join(project, ".gitconfig"), email);
    return {
      HOME: project,
      ...mirrorEnvironment(folder),
      KUBECTL: peerPath("kubectl-1.35.2") ?? "",
      NO_COLOR: "1",
    };
  }

  /** Two files: the current context is another cluster's, and a program logs in to the hub's. */
  function kubeconfigs(): string[] {
    const { clusters } = JSON.parse(readFileSync(plane.kubeconfig, "utf8")) as {
      clusters: { cluster: object }[];
    };
    const command = join(folder, "login");
    writeFileSync(command, loginPlugin(plane.administrator, "v1").script, { mode: 0o700 });
    const apiVersion = "client.authentication.k8s.io/v1";
    const exec = { apiVersion, command, interactiveMode: "Never" };
    const write = (name: string, content: object) => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify({ apiVersion: "v1", kind: "Config", ...content }));
      return path;
    };
    return [
      write("other.kubeconfig", {
        "current-context": "other",
        contexts: [{ name: "other", context: { cluster: "other", user: "other" } }],
        clusters: [{ name: "other", cluster: { server: "https://127.0.0.1:1" } }],
        users: [{ name: "other", user: {} }],
      }),
      write("own.kubeconfig", {
        contexts: [{ name: context, context: { cluster: "factory", user: "admin" } }],
        clusters: [{ name: "factory", cluster: clusters[0]!.cluster }],
        users: [{ name: "admin", user: { exec } }],
      }),
    ];
  }

  function fleetText(url: string): string {
    return JSON.stringify({
      fleet: "own",
      domain: "own.example.com",
      repository: { url, push: join(folder, "state.git") },
      cloud: {
        provider: "existing",
        context,
        network: { nodes: "10.20.0.0/16", pods: "10.244.0.0/16", services: "10.43.0.0/16" },
        gateway: { address: "203.0.113.10", nodeSelector: { "example.com/edge": "yes" } },
        ingress: { address: "203.0.113.11" },
        storageClass: "fast",
        secretStore: "vault",
        dns01: { cloudflare: { apiTokenSecretRef: { name: "dns", key: "token" } } },
      },
      platform: {
        email: "ada@example.com",
        login: { github: { organization: "own" } },
        addons: { "external-dns": { enabled: false } },
      },
      rings: ["stable"],
      profiles: { "mini-pc": { architecture: "x86_64", disk: "/dev/sda" } },
      sites: { shop: {} },
      devices: { "store-1": { profile: "mini-pc", site: "shop", ring: "stable" } },
      workloads: { telemetry: { versions: { stable: "1.9.1" } } },
    });
  }

  /** The output of a command on a machine without Google's tools. */
  async function execute(command: string[]): Promise<{ code: number; text: string }> {
    return run(["env", "-C", project, ...command], { namespace, environment }).then(
      (text) => ({ code: 0, text }),
      (error: Error) => ({
        code: Number(/exit code (\d+)/.exec(error.message)?.[1] ?? -1),
        text: error.message.slice(error.message.indexOf("\n") + 1),
      }),
    );
  }

  async function flotilla(...args: string[]): Promise<{ code: number; text: string }> {
    const said = await execute([process.execPath, program, ...args]);
    expect(said.text).not.toMatch(/google|gcloud|gke/i);
    return said;
  }

  const own = ["--namespace", argoNamespace];
  const names = async (kind: string, ...options: string[]) =>
    (await plane.kubectl(["get", kind, "-o", "name", ...options])).trim().split("\n");

  test("doctor names what the cluster does not have, and deploy changes nothing", async () => {
    await startNode();
    const { code, text } = await flotilla("doctor");
    expect(code).toBe(1);
    expect(text).toMatch(/^ok +cluster +team\/admin@factory, 1 node$/m);
    expect(text).toMatch(/^ok +Kubernetes +v1\.36\.3$/m);
    expect(text).toMatch(/^advice +gateway nodes +no node has example.com\/edge=yes$/m);
    expect(text).toMatch(/^missing +storage class +the cluster has no fast; it has none$/m);
    const refused = await flotilla("deploy", "--yes");
    expect(refused.text).toContain("1 thing missing, and nothing was changed.");
    expect(await names("namespaces")).not.toContain("namespace/argocd");

    const classes = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", provisioner: "none" };
    await plane.apply(JSON.stringify({ ...classes, metadata: { name: "fast" } }));
    await plane.kubectl(["label", "node", "node-1", "example.com/edge=yes"]);
    expect(await flotilla("doctor")).toMatchObject({ code: 0 });
  });

  test("a cluster that has cert-manager or Argo CD is refused before anything is changed", async () => {
    for (const name of ["cert-manager-crds-1.21.1", "argo-cd-crds-3.6.1"])
      await applyDefinitions(plane, name);
    const { code, text } = await flotilla("deploy", "--yes");
    expect(code).toBe(1);
    expect(text).toContain("2 things missing, and nothing was changed.");
    expect(text).toMatch(/^missing +Argo CD +the cluster has Argo CD already \(applications\./m);
    expect(text).toMatch(/^missing +cert-manager +the cluster has cert-manager already \(cert/m);
    // On a busy machine their own clean-up of objects takes minutes.
    const finalizers = JSON.stringify({ metadata: { finalizers: null } });
    for (const name of await names("crds")) {
      await plane.kubectl(["delete", name, "--wait=false"]);
      await plane.kubectl(["patch", name, "--type=merge", "-p", finalizers]).catch(() => {});
    }
    await until("no definition is left", async () => (await names("crds")).join() === "", 60);
  });

  test("deploy installs Argo CD, publishes and bootstraps; a second time nothing changes", async () => {
    expect(await flotilla("bootstrap", "--dry-run")).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^to be placed +Namespace +argocd$/m) as string,
    });
    const { code, text } = await flotilla("deploy", "--yes");
    expect([code, text]).toEqual([0, expect.stringMatching(/^argocd: deployed in /m)]);
    expect(text).toContain(`kubectl --context ${context} -n argocd port-forward`);
    expect(text).toContain(
      "  gateway.own.example.com. A 203.0.113.10\n  argocd.own.example.com. A",
    );
    expect(await names("applications", ...own)).toEqual(["application.argoproj.io/root"]);
    expect(await names("secrets", ...own)).toContain("secret/hub-client-ca");
    expect(await names("secrets", "-n=flotilla-gateway")).toEqual(["secret/gateway-keys"]);

    const again = await flotilla("deploy", "--yes");
    expect(again.text).toMatch(/^argocd: no changes$/m);
    const placed = (await flotilla("bootstrap")).text.trim().split("\n");
    expect(placed.filter((line) => !line.startsWith("unchanged "))).toEqual([]);
  });

  async function rootIsSynced(): Promise<boolean> {
    const { status } = await plane.get<Application>("application", "root", ...own);
    if (status?.sync?.status === "Synced" && status.operationState?.phase === "Succeeded")
      return true;
    throw new Error(JSON.stringify(status?.operationState).slice(0, 2000));
  }

  test("Argo CD syncs the root, registers the device and asks for the add-ons", async () => {
    const values = load(
      readFileSync(join(project, "dist/gitops/hub/argocd/values.yaml"), "utf8"),
    ) as { configs: { cm: Record<string, string> } };
    await applyArgoCdSettings(plane, values.configs.cm);
    await argoCd(all, { hub: plane, namespace, folder: join(folder, "argo") }).start();
    const tunnel = ["service", "gateway-tunnel", "-n=flotilla-gateway"];
    await until("the gateway is there", () => plane.kubectl(["get", ...tunnel]), 90);
    const waits = await flotilla("doctor");
    expect(waits.code).toBe(0);
    expect(waits.text).toMatch(/^advice +load balancer +gateway-tunnel has no address yet/m);

    // As the cluster's load balancer does it.
    const status = { loadBalancer: { ingress: [{ ip: "203.0.113.10" }] } };
    const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
    await plane.kubectl(["patch", ...tunnel, ...patch]);
    await until("root is Synced", rootIsSynced, 90);
    const found = await names("applications", ...own);
    const addons = ["cert-manager", "external-secrets", "nginx-ingress", "oauth2-proxy"];
    expect(found).toEqual(
      expect.arrayContaining(addons.map((name) => `application.argoproj.io/${name}`)),
    );
    expect(await names("secrets", ...own)).toContain("secret/store-1");
    expect((await flotilla("doctor")).text).toMatch(
      /^ok +load balancer +gateway-tunnel: 203\.0\.113\.10$/m,
    );
    const shown = await flotilla("status");
    expect(shown.text).toContain("0 unregistered");
    expect(await flotilla("kubeconfig", "store-1")).toMatchObject({ code: 0 });
  });

  test("destroy deletes nothing, and what it prints removes Argo CD", async () => {
    const { code, text } = await flotilla("destroy", "--yes");
    expect(code).toBe(1);
    const commands = [...text.matchAll(/^ {2}(.*)$/gm)].map(([, line = ""]) => line);
    expect(commands).toHaveLength(3);
    const [terraform = "", list = "", remove = ""] = commands;
    expect(await execute(["sh", "-c", `${terraform} -auto-approve`])).toMatchObject({ code: 0 });
    const kubectl = (line: string) => line.replace("kubectl", environment["KUBECTL"] ?? "");
    const found = await execute(["sh", "-c", kubectl(list)]);
    expect(found).toMatchObject({
      code: 0,
      text: expect.stringContaining("cert-manager") as string,
    });
    expect(remove).toContain(` --context ${context} delete namespace flotilla-gateway argocd …`);
  });
});
