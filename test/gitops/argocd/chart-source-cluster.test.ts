/**
 * A chart of an OCI registry on a running Argo CD: a real registry with a login and its own certificate,
 * the Secret as External Secrets writes it, and the source and the project as they are published.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commonChartKinds, parseKind } from "../../../fleet/model/kinds.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { applyArgoCdDefinitions, applyArgoCdSettings, argoCd } from "../../e2e/argo-cd.ts";
import { makeLeaf } from "../../e2e/certificates.ts";
import { startHubPlane, type ControlPlane } from "../../e2e/control-plane.ts";
import { gitServer } from "../../e2e/git-server.ts";
import { namespaces, type Namespaces } from "../../e2e/namespaces.ts";
import { listens, processes, run, until, type Processes } from "../../e2e/processes.ts";
import { git } from "../../cli/publish/state-repository.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../../sample.ts";

const peers = [
  "argo-cd-3.6.1",
  "argo-cd-crds-3.6.1",
  "docker-registry-debian-12",
  "helm-4.1.4",
  "kine-0.16.4",
  "kubectl-1.35.2",
  "kubernetes-1.36.3-2",
];
const isReady = peers.every((name) => peerPath(name) !== undefined) && process.getuid?.() === 0;
const why = isReady ? "" : " (SKIPPED: not root, or test/peers/build.sh e2e was not run)";

const host = "registry.example.com";
const port = 5000;
const login = { username: "reader", password: "correct" };
/** Hashed with bcrypt, which the registry requires. */
const passwordHash = "$2b$04$QSDhHdrmfPHkcXHEtzvPiObaX3UK7a3MypHek9Z0xPHII7mtCE4vy";

interface Status {
  readonly sync?: {
    readonly status: string;
    readonly revisions?: readonly string[];
    readonly comparedTo?: { readonly sources?: readonly { readonly targetRevision: string }[] };
  };
  readonly conditions?: readonly { readonly message: string }[];
}

interface Application {
  readonly status?: Status;
}

describe.skipIf(!isReady)(`a chart in a registry${why}`, { timeout: 120_000 }, () => {
  let folder: string;
  let network: Namespaces;
  let namespace: string;
  let all: Processes;
  let plane: ControlPlane;
  let url: string;
  /** SHA-256 of the chart's manifest in the registry, by version. */
  const digests = new Map<string, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "oci-"));
    network = namespaces();
    namespace = network.add({ label: "oci", hosts: { [host]: "127.0.0.1" } });
    all = processes(folder);
    const server = gitServer(all, { namespace, folder, address: "127.0.0.1" });
    url = await server.repository("state");
    await server.service.start();
    plane = await startHubPlane(all, { namespace, folder });
    await startRegistry();
    for (const version of ["1.2.3", "1.2.4"]) await pushChart(version);
    await applyArgoCdDefinitions(plane);
    await applyArgoCdSettings(plane, { "timeout.reconciliation": "600s" });
    // As the ConfigMap argocd-tls-certs-cm is seen in a pod.
    mkdirSync(join(folder, "argo/tls"), { recursive: true });
    copyFileSync(join(folder, "ca/server-ca.crt"), join(folder, "argo/tls", host));
    await argoCd(all, { hub: plane, namespace, folder: join(folder, "argo") }).start();
  }, 180_000);

  afterAll(async () => {
    await all?.end();
    network?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startRegistry(): Promise<void> {
    const pair = await makeLeaf(join(folder, "ca"), join(folder, "registry"), {
      name: "registry",
      authority: "server-ca",
      subject: `/CN=${host}`,
      usage: "serverAuth",
      alternativeNames: [`DNS:${host}`],
    });
    const users = join(folder, "registry/users");
    writeFileSync(users, `${login.username}:${passwordHash}\n`);
    const config = join(folder, "registry/config.json");
    // JSON is YAML.
    const settings = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: join(folder, "registry/data") } },
      http: { addr: `127.0.0.1:${port}`, tls: { certificate: pair.certificate, key: pair.key } },
      auth: { htpasswd: { realm: "charts", path: users } },
    };
    writeFileSync(config, JSON.stringify(settings));
    const command = [peerPath("docker-registry-debian-12") ?? "", "serve", config];
    const ready = () => listens(namespace, port);
    await all.service({ name: "registry", namespace, command, ready }).start();
  }

  async function pushChart(version: string): Promise<void> {
    const source = join(folder, "board");
    mkdirSync(join(source, "templates"), { recursive: true });
    writeFileSync(join(source, "Chart.yaml"), `apiVersion: v2\nname: board\nversion: ${version}\n`);
    writeFileSync(
      join(source, "templates/shown.yaml"),
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: shown }\n" +
        "data: { version: '{{ .Chart.Version }}', text: '{{ .Values.text }}' }\n",
    );
    const helm = (...args: string[]) =>
      run([peerPath("helm-4.1.4") ?? "", ...args], { namespace, environment: { HOME: folder } });
    const ca = ["--ca-file", join(folder, "ca/server-ca.crt")];
    const { username, password } = login;
    const credential = ["--username", username, "--password", password];
    await helm("registry", "login", `${host}:${port}`, ...credential, ...ca);
    await helm("package", source, "--destination", folder);
    await helm("push", join(folder, `board-${version}.tgz`), `oci://${host}:${port}/charts`, ...ca);
    const manifest = await run(
      [
        ["curl", "--silent", "--fail", "--cacert", join(folder, "ca/server-ca.crt")],
        ["--user", `${username}:${password}`],
        ["--header", "Accept: application/vnd.oci.image.manifest.v1+json"],
        [`https://${host}:${port}/v2/charts/board/manifests/${version}`],
      ].flat(),
      { namespace },
    );
    digests.set(version, createHash("sha256").update(manifest).digest("hex"));
  }

  /** What is published for a workload of the chart, with this version in every ring. */
  function published(version: string): { find: (kind: string, name: RegExp) => any } {
    const fleet: Fleet = {
      ...sampleFleet,
      platform: samplePlatform,
      repository: { ...sampleFleet.repository, url },
      workloads: [
        {
          name: "board",
          selector: {},
          versions: new Map(sampleFleet.rings.map((ring) => [ring, version])),
          chart: {
            repository: `oci://${host}:${port}/charts`,
            name: "board",
            login: "registry",
            kinds: commonChartKinds.flatMap(parseKind),
          },
          values: { text: "published" },
        },
      ],
    };
    const state = synthesizeState(fleet, samplePublicKeys);
    push(state);
    const objects = [...state]
      .filter(([path]) => path.startsWith("hub/"))
      .flatMap(([, text]) => loadAll(text) as any[]);
    return {
      find: (kind, name) =>
        objects.find((one) => one?.kind === kind && name.test(one.metadata.name)),
    };
  }

  function push(state: ReadonlyMap<string, string>): void {
    const clone = mkdtempSync(join(folder, "clone-"));
    git(".", "clone", "--quiet", join(folder, "state.git"), clone);
    for (const [path, text] of state) {
      if (!path.startsWith("edge/board/")) continue;
      mkdirSync(join(clone, path, ".."), { recursive: true });
      writeFileSync(join(clone, path), text);
    }
    git(clone, "add", "--all");
    const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    git(clone, ...identity, "commit", "--quiet", "--allow-empty", "--message", "state");
    git(clone, "push", "--quiet", "origin", "HEAD:main");
  }

  /** The Secret that External Secrets makes from the store's fields. */
  async function writeLogin(
    { spec: { target }, metadata }: any,
    fields: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { template } = target;
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: target.name, namespace: metadata.namespace, ...template.metadata },
      stringData: { ...fields, ...template.data },
    };
    await plane.apply(JSON.stringify(secret));
  }

  /** Deploys the workload on the hub itself, in place of a device. @returns the last status of Argo CD */
  async function deployed(
    version: string,
    isDone: (status: Status) => boolean,
    fields: Readonly<Record<string, string>> = login,
  ): Promise<Status> {
    const { find } = published(version);
    await writeLogin(find("ExternalSecret", /^chart-login-/), fields);
    const { spec } = find("ApplicationSet", /^board-/).spec.template;
    const rights = find("AppProject", /^fleet$/).spec;
    const destination = { server: "https://kubernetes.default.svc", namespace: "board" };
    const head = (kind: string) => ({
      apiVersion: "argoproj.io/v1alpha1",
      kind,
      metadata: {
        name: "board",
        namespace: "argocd",
        annotations: { "argocd.argoproj.io/refresh": "hard" },
      },
    });
    const objects = [
      { ...head("AppProject"), spec: { ...rights, destinations: [destination] } },
      { ...head("Application"), spec: { ...spec, project: "board", destination } },
    ];
    await plane.apply(objects.map((one) => JSON.stringify(one)).join("\n---\n"));
    return until(
      `Argo CD is done with ${version}`,
      async () => {
        const { status } = await plane.get<Application>("application", "board", "-n", "argocd");
        const [source] = status?.sync?.comparedTo?.sources ?? [];
        if (status !== undefined && source?.targetRevision === version && isDone(status))
          return status;
        throw new Error(JSON.stringify(status));
      },
      60,
    );
  }

  const isSynced = ({ sync, conditions }: Status) =>
    sync?.status === "Synced" && conditions === undefined;
  const isRefused = ({ conditions = [] }: Status) => conditions.length > 0;
  const words = ({ conditions = [] }: Status) =>
    conditions.map(({ message }) => message).join("\n");
  const shown = async () =>
    (await plane.get<{ data: object }>("configmap", "shown", "-n", "board")).data;

  test("a wrong login is refused by the registry, and Argo CD says so", async () => {
    const status = await deployed("1.2.3", isRefused, { ...login, password: "wrong" });
    expect(status.sync?.status).toBe("Unknown");
    expect(words(status)).toMatch(/response status code 401: Unauthorized$/);
  });

  test("is deployed by its version, with the login and the published values", async () => {
    const status = await deployed("1.2.3", isSynced);
    expect(status.sync?.revisions?.[0]).toBe(`sha256:${digests.get("1.2.3")}`);
    expect(await shown()).toEqual({ version: "1.2.3", text: "published" });
  });

  test("is deployed by its digest", async () => {
    const digest = digests.get("1.2.4") ?? "";
    const status = await deployed(`1.2.4@sha256:${digest}`, isSynced);
    expect(status.sync?.revisions?.[0]).toBe(`sha256:${digest}`);
    expect(await shown()).toEqual({ version: "1.2.4", text: "published" });
  });

  test("the digest decides, whatever its tag points to", async () => {
    await deployed(`1.2.4@sha256:${digests.get("1.2.3")}`, isSynced);
    expect(await shown()).toEqual({ version: "1.2.3", text: "published" });
  });

  test("a digest that the registry does not have is refused, and nothing changes", async () => {
    const status = await deployed(`1.2.3@sha256:${"a".repeat(64)}`, isRefused);
    expect(words(status)).toMatch(/@sha256:a{64}: not found$/);
    expect(await shown()).toEqual({ version: "1.2.3", text: "published" });
  });
});
