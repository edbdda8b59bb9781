/**
 * The stack argocd with real terraform, the real helm provider and a real kube-apiserver.
 *
 * Argo CD's own chart is not available where these tests run, so a small one with its name and version
 * replaces it, in a chart repository on loopback. The helm provider in the mirror is a development build of
 * 3.2 with the label 3.1.1, as with google's (see terraform.test.ts). A server that knows one cluster
 * replaces Google, and a script that shows a certificate replaces its plugin.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load, loadAll } from "js-yaml";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Tree } from "../../../fleet/model/tree.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { synthesizeInfra } from "../../../cli/project/infra-files.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../../cli/hub/api-server.ts";
import { loginPlugin, userOf } from "../../e2e/kubeconfig.ts";
import { run } from "../../e2e/processes.ts";
import { clusterDefaults } from "../../google/container-defaults.ts";
import { mirrorEnvironment } from "../../google/terraform.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";

const mirror = peerPath("terraform-mirror");
const helmProvider = peerPath("terraform-mirror/registry.terraform.io/hashicorp/helm/3.1.1");
const helm = peerPath("helm-4.1.4");
const crds = peerPath("argo-cd-crds-3.6.1");
const hasTerraform = spawnSync("terraform", ["version"]).status === 0;
const isReady = [hasApiServer, hasTerraform, mirror, helmProvider, helm, crds].every(Boolean);
const why = isReady ? "" : " (skipped: no terraform, or test/peers/build.sh e2e was not run)";

describe.skipIf(!isReady)(`a small chart in place of Argo CD's, on a real API server${why}`, () => {
  let folder: string;
  let stack: string;
  let api: ApiServer;
  let fleet: Fleet;
  let environment: Record<string, string>;
  const servers: Server[] = [];

  /** Listens on loopback and answers what `answer` has for a path. */
  async function serve(answer: (path: string) => string | Buffer | undefined): Promise<string> {
    const server = createServer((request, response) => {
      const body = answer(request.url?.split("?")[0] ?? "");
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function write(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  function writeTree(name: string, tree: Tree): void {
    for (const [path, text] of tree) write(join(folder, "dist", name, path), text);
  }

  /** The exit code of terraform, and its output. */
  async function terraform(...args: readonly string[]): Promise<{ code: number; text: string }> {
    // Not spawnSync: the servers that terraform asks are in this process.
    const child = spawn("terraform", [...args, "-no-color"], { cwd: stack, env: environment });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (text += part));
    const code = await new Promise<number>((resolve) => child.on("close", resolve));
    return { code, text };
  }
  const plan = () => terraform("plan", "-input=false", "-detailed-exitcode");
  const apply = () => terraform("apply", "-input=false", "-auto-approve");
  const values = () => join(folder, "dist/gitops/hub/argocd/values.yaml");
  const chart = () => join(folder, "charts/argo-cd-10.1.1.tgz");
  const kubeconfig = () => api.user("/O=system:masters/CN=admin");
  const helmSays = async (...args: readonly string[]) =>
    run([helm ?? "", ...args, `--kubeconfig=${await kubeconfig()}`, "--namespace=argocd"]);

  /** In a repository of its own: one template that shows a value, and Argo CD's kinds. */
  async function makeChart(): Promise<string> {
    const source = join(folder, "chart");
    write(join(source, "Chart.yaml"), "apiVersion: v2\nname: argo-cd\nversion: 10.1.1\n");
    write(
      join(source, "templates/domain.yaml"),
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: argocd-cm }\n" +
        "data: { url: 'https://{{ .Values.global.domain }}' }\n",
    );
    mkdirSync(join(source, "crds"));
    for (const kind of ["application-crd.yaml", "appproject-crd.yaml"]) {
      copyFileSync(join(crds ?? "", kind), join(source, "crds", kind));
    }
    const charts = join(folder, "charts");
    const address = await serve((path) => readFileSync(join(charts, path)));
    await run([helm ?? "", "package", source, "--destination", charts]);
    await run([helm ?? "", "repo", "index", charts, "--url", `http://${address}`]);
    return `http://${address}`;
  }

  /** What the data source asks Google for. */
  async function makeGoogle(endpoint: string): Promise<string> {
    const { project, location } = sampleFleet.cloud;
    const name = `${fleet.name}-hub`;
    const cluster = {
      ...clusterDefaults({ name, network: "hub", subnetwork: "hub" }, location),
      name,
      status: "RUNNING",
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { endpoint, allowExternalTraffic: true },
        ipEndpointsConfig: { enabled: false },
      },
    };
    const path = `/v1/projects/${project}/locations/${location}/clusters/${name}`;
    return serve((asked) => (asked === path ? JSON.stringify(cluster) : undefined));
  }

  async function writePlugin(): Promise<string> {
    const { credential, script } = loginPlugin(userOf(await kubeconfig()), "v1beta1");
    const plugin = join(folder, "bin/gke-gcloud-auth-plugin");
    const checked = '[ "$*" = --use_application_default_credentials ] || exit 1\n';
    write(plugin, script.replace("\n", `\n${checked}`));
    chmodSync(plugin, 0o755);
    return credential;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "argo-"));
    stack = join(folder, "dist/infra/stacks/argocd");
    const key = new RootKey(Uint8Array.from({ length: 32 }, (_, index) => index));
    api = await startApiServer(folder, sampleFleet, sampleFleet.devices[0]!, key);
    const repository = await makeChart();
    const { pins } = sampleFleet;
    fleet = {
      ...sampleFleet,
      administrators: ["user:ada@harbor.example", "group:platform@harbor.example"],
      pins: {
        ...pins,
        charts: { ...pins.charts, "argo-cd": { ...pins.charts["argo-cd"], repository } },
      },
    };
    writeTree("infra", synthesizeInfra(fleet));
    await writePlugin();
    const google = await makeGoogle(api.url.replace("https://", ""));
    environment = {
      PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
      HOME: folder,
      ...mirrorEnvironment(folder),
      GOOGLE_OAUTH_ACCESS_TOKEN: "fake",
      GOOGLE_CONTAINER_CUSTOM_ENDPOINT: `http://${google}/v1/`,
      // Google's endpoint has a certificate that every computer trusts.
      SSL_CERT_FILE: join(folder, "tls/server-ca.crt"),
    };
    expect(await terraform("init", "-input=false")).toMatchObject({ code: 0 });
  }, 180_000);

  afterAll(async () => {
    for (const server of servers) server.close();
    await api?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is valid, without a warning", async () => {
    const { text } = await terraform("validate", "-json");
    expect(JSON.parse(text)).toMatchObject({
      valid: true,
      error_count: 0,
      warning_count: 0,
    });
  });

  test(
    "without the state repository's files, the error says what to do",
    { timeout: 60_000 },
    async () => {
      const { code, text } = await plan();
      expect(code).toBe(1);
      expect(text).toContain("dist/gitops/hub/argocd/values.yaml is missing.");
    },
  );

  test(
    "installs the chart, the root Application and the binding",
    { timeout: 120_000 },
    async () => {
      writeTree("gitops", synthesizeState(fleet, samplePublicKeys));
      expect(await apply()).toMatchObject({ code: 0 });
      const get = (...args: string[]) => api.admin(["get", ...args, "-o", "json"]);
      const wanted = loadAll(readFileSync(join(folder, "dist/gitops/root.yaml"), "utf8"));
      const made = [
        JSON.parse(await get("appproject", "root", "-n", "argocd")) as unknown,
        JSON.parse(await get("application", "root", "-n", "argocd")) as unknown,
      ];
      expect(made).toMatchObject(wanted as object[]);
      expect(JSON.parse(await get("clusterrolebinding", "flotilla-administrators"))).toMatchObject({
        roleRef: { name: "cluster-admin" },
        subjects: [
          { kind: "User", name: "ada@harbor.example" },
          { kind: "Group", name: "platform@harbor.example" },
        ],
      });
    },
  );

  test("adopts the root Application that came from Git", { timeout: 120_000 }, async () => {
    await helmSays("uninstall", "flotilla-root");
    const root = readFileSync(join(folder, "dist/gitops/root.yaml"), "utf8");
    await api.admin(["apply", "--server-side", "-f", "-"], root);
    expect(await apply()).toMatchObject({ code: 0 });
    expect(await helmSays("list", "--short")).toContain("flotilla-root");
    expect(await plan()).toMatchObject({ code: 0 });
  });

  test("installs what Argo CD renders from Git afterwards", { timeout: 60_000 }, async () => {
    const installed = await helmSays("get", "manifest", "argocd");
    const args = ["template", "argocd", chart(), "--namespace=argocd", `--values=${values()}`];
    const rendered = await run([helm ?? "", ...args]);
    expect(installed).toContain(`https://argocd.${fleet.domain}`);
    expect(installed.trim()).toBe(rendered.trim());
    const given = await helmSays("get", "values", "argocd", "--output=json");
    expect(JSON.parse(given)).toEqual(load(readFileSync(values(), "utf8")));
  });

  test("a second run changes nothing", { timeout: 60_000 }, async () => {
    expect(await plan()).toMatchObject({ code: 0, text: expect.stringContaining("No changes.") });
  });

  test("no credential is in the state", () => {
    const state = readFileSync(join(folder, "terraform.argocd.tfstate"), "utf8");
    expect(state).toContain("flotilla-root");
    expect(state).not.toMatch(/PRIVATE KEY|BEGIN CERT|access_token|"fake"/);
  });

  test("new values are applied by Argo CD, not by Terraform", { timeout: 60_000 }, async () => {
    writeTree("gitops", synthesizeState({ ...fleet, domain: "moved.example" }, samplePublicKeys));
    expect(readFileSync(values(), "utf8")).toContain("argocd.moved.example");
    expect(await plan()).toMatchObject({ code: 0 });
  });

  test(
    "another state repository changes the root Application in place",
    { timeout: 60_000 },
    async () => {
      const url = "https://git.harbor.example/moved.git";
      const repository = { ...fleet.repository, url };
      writeTree("gitops", synthesizeState({ ...fleet, repository }, samplePublicKeys));
      expect((await apply()).text).toContain("0 added, 1 changed, 0 destroyed");
      expect(
        await api.admin(["get", "application", "root", "-n", "argocd", "-o", "yaml"]),
      ).toContain(url);
    },
  );

  test("destroy leaves nothing behind", { timeout: 60_000 }, async () => {
    expect(await terraform("destroy", "-input=false", "-auto-approve")).toMatchObject({ code: 0 });
    expect(JSON.parse(await helmSays("list", "--output=json"))).toEqual([]);
    expect(await api.admin(["get", "applications", "-n", "argocd", "-o", "name"])).toBe("");
    const bindings = await api.admin(["get", "clusterrolebindings", "-o", "name"]);
    expect(bindings).not.toContain("flotilla-administrators");
  });
});
