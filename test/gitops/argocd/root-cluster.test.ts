/**
 * The root Application on a real Argo CD: a hub of the version before root had its own project accepts
 * the new state, and neither new hubs nor hubs in use accept what is not signed.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { load, loadAll } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { publish } from "../../../cli/publish/publish.ts";
import type { Fleet, SigningKey } from "../../../fleet/model/fleet.ts";
import { sortedTree, type Tree } from "../../../fleet/model/tree.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { hasGnuPg, keyHome, type KeyHome } from "../../cli/publish/signing-keys.ts";
import { git } from "../../cli/publish/state-repository.ts";
import { applyArgoCdDefinitions, applyArgoCdSettings, argoCd } from "../../e2e/argo-cd.ts";
import { startHubPlane, type ControlPlane } from "../../e2e/control-plane.ts";
import { gitServer } from "../../e2e/git-server.ts";
import { namespaces, type Namespaces } from "../../e2e/namespaces.ts";
import { processes, until, type Processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";

const peers = [
  "argo-cd-3.6.1",
  "argo-cd-crds-3.6.1",
  "helm-4.1.4",
  "kine-0.16.4",
  "kubectl-1.35.2",
  "kubernetes-1.36.3-2",
];
const isReady = peers.every((name) => peerPath(name) !== undefined) && process.getuid?.() === 0;
const why = isReady ? "" : " (SKIPPED: not root, or test/peers/build.sh e2e was not run)";

interface Application {
  readonly spec: { readonly project: string };
  readonly status?: {
    readonly sync?: { readonly status: string; readonly revision?: string };
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
    readonly operationState?: { readonly phase: string; readonly message?: string };
  };
}

describe.skipIf(!isReady)(`the root Application${why}`, () => {
  let folder: string;
  let network: Namespaces;
  let all: Processes;
  let plane: ControlPlane;
  let keyRing: string;
  let url: string;
  let repository: string;
  let fleet: Fleet;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "root-"));
    network = namespaces();
    const namespace = network.add({ label: "root" });
    all = processes(folder);
    mkdirSync((keyRing = join(folder, "ring")));
    const server = gitServer(all, { namespace, folder, address: "127.0.0.1" });
    url = await server.repository("state");
    repository = join(folder, "state.git");
    fleet = { ...sampleFleet, repository: { ...sampleFleet.repository, url } };
    await server.service.start();
    plane = await startHubPlane(all, { namespace, folder });
    await applyArgoCdDefinitions(plane);
    await applyArgoCdSettings(plane, { "timeout.reconciliation": "600s" });
    const argo = argoCd(all, { hub: plane, namespace, folder: join(folder, "argo"), keyRing });
    await argo.start();
  }, 180_000);

  afterEach(async () => {
    await all?.end();
    network?.remove();
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  });

  /** Nothing runs pods here: a gateway that waits for them would hold the sync. */
  const state = (of: Fleet): Tree =>
    new Map(
      [...synthesizeState(of, samplePublicKeys)].map(([path, text]) => [
        path,
        text.replaceAll(/^( +)replicas: \d+$/gm, "$1replicas: 0"),
      ]),
    );

  const put = (tree: Tree, signingKeys?: NonNullable<Fleet["repository"]["signing"]>["keys"]) =>
    publish({ remote: repository, branch: "main", directory: folder, tree, signingKeys });

  /** Pushes a file, as a user with write access. @returns the commit */
  function push(file: string, ...signature: string[]): string {
    const clone = mkdtempSync(join(folder, "clone-"));
    git(".", "clone", "--quiet", repository, clone);
    writeFileSync(join(clone, file), configMap(file.split("/").at(-1)!.replace(".yaml", "")));
    git(clone, "add", file);
    const identity = ["-c", "user.name=Eve", "-c", "user.email=eve@example.com"];
    git(clone, ...identity, "commit", "--quiet", "--message", file, ...signature);
    git(clone, "push", "--quiet", "origin", "HEAD:main");
    return git(clone, "rev-parse", "HEAD");
  }

  const argocd = ["--namespace", "argocd"];
  const root = () => plane.get<Application>("application", "root", ...argocd);
  const project = async (name: string) =>
    (await plane.get<{ spec: object }>("appproject", name, ...argocd)).spec;
  const names = async (kind: string) =>
    (await plane.kubectl(["get", kind, ...argocd, "-o", "name"])).split("\n");
  const refresh = () =>
    plane.kubectl(
      [
        ["annotate", "application", "root", ...argocd, "--overwrite"],
        ["argocd.argoproj.io/refresh=hard"],
      ].flat(),
    );

  /**
   * Asks Argo CD to compare, again and again: a comparison that began before the last push removes the request.
   */
  function untilCompared<Answer>(what: string, probe: () => Promise<Answer>, seconds: number) {
    const compared = async () => {
      await refresh();
      await sleep(3000);
      return probe();
    };
    return until(what, compared, seconds);
  }

  /** Waits until root has applied what is published. */
  async function synced(): Promise<void> {
    const tip = git(repository, "rev-parse", "main");
    await untilCompared(
      "root is Synced",
      async () => {
        const { status } = await root();
        const isDone =
          status?.sync?.status === "Synced" &&
          status.sync.revision === tip &&
          status.operationState?.phase === "Succeeded";
        if (!isDone) throw new Error(JSON.stringify(status, undefined, 1).slice(0, 4000));
        return true;
      },
      180,
    );
  }

  /** Waits until Argo CD says why it refuses what is published. */
  function refused(commit: string, words: RegExp): Promise<string> {
    return untilCompared(
      `${commit} is refused`,
      async () => {
        const { status } = await root();
        const found = status?.conditions?.find(({ message }) => words.test(message));
        if (found === undefined) throw new Error(JSON.stringify(status));
        return found.message;
      },
      60,
    );
  }

  test("a hub of the version before accepts the new state, and leaves nothing to `default`", async () => {
    const before = olderState(state(fleet));
    await put(before);
    await plane.apply(before.get("root.yaml") ?? "");
    await synced();
    expect((await root()).spec.project).toBe("default");
    expect(await project("default")).toMatchObject({ sourceRepos: [url] });

    await put(state(fleet));
    await synced();
    const moved = await root();
    expect([moved.spec.project, moved.status?.conditions]).toEqual(["root", undefined]);
    expect(await project("default")).toMatchObject({ sourceRepos: [], destinations: [] });
    expect(await project("root")).toMatchObject({ sourceRepos: [url] });

    // It continues, even with what no project named before.
    const namespaced = new Map(state(fleet)).set(
      "hub/gateway/more.yaml",
      `${configMap("more", "elsewhere")}---\napiVersion: v1\nkind: Namespace\nmetadata: { name: elsewhere, annotations: { argocd.argoproj.io/sync-wave: "-5" } }\n`,
    );
    await put(sortedTree([...namespaced]));
    await synced();
    await plane.get("configmap", "more", "--namespace", "elsewhere");

    // An older state has neither the Application nor its project below hub/, and takes neither away.
    await put(before);
    const widened = async () => JSON.stringify(await project("default")).includes(url);
    await untilCompared("the older state is back", widened, 180);
    expect(await names("application")).toContain("application.argoproj.io/root");
    expect(await names("appproject")).toContain("appproject.argoproj.io/root");
  }, 400_000);

  describe.skipIf(!hasGnuPg)("with signed commits", () => {
    let ours: KeyHome;
    let strangers: KeyHome;
    let signing: readonly SigningKey[];
    let stranger: string;
    let signed: Fleet;

    beforeEach(() => {
      [ours, strangers] = [keyHome(), keyHome()];
      signing = [ours.signingKey(ours.make("Publisher <ci@harbor.example>"))];
      stranger = strangers.make("Eve <eve@example.com>");
      vi.stubEnv("GNUPGHOME", ours.folder);
      signed = { ...fleet, repository: { ...fleet.repository, signing: { keys: signing } } };
      // As the chart's ConfigMap is seen in a pod.
      const values = load(state(signed).get("hub/argocd/values.yaml") ?? "") as {
        configs: { gpg: { keys: Record<string, string> } };
      };
      for (const [id, text] of Object.entries(values.configs.gpg.keys)) {
        writeFileSync(join(folder, id), text);
        renameSync(join(folder, id), join(keyRing, id));
      }
    });
    afterEach(() => {
      ours.remove();
      strangers.remove();
    });

    test("a hub in use refuses what is not signed, and what is signed with an unknown key", async () => {
      await put(state(fleet));
      await plane.apply(state(fleet).get("root.yaml") ?? "");
      await synced();
      await put(state(signed), signing);
      // Argo CD keeps what it rendered of this commit before it asked for signatures, and then says that
      // the commit is not signed, until it reads it again: docs/how-to/sign-commits.md.
      const demands = async () => "signatureKeys" in (await project("root"));
      await untilCompared("root's project asks for signatures", demands, 60);
      await synced();

      const unsigned = push("hub/gateway/unsigned.yaml");
      expect(await refused(unsigned, new RegExp(unsigned))).toMatch(
        `GIT/GPG: Failed verifying revision ${unsigned} by 'Eve <eve@example.com>': unsigned`,
      );
      git(repository, "update-ref", "refs/heads/main", `${unsigned}^`);
      vi.stubEnv("GNUPGHOME", strangers.folder);
      const foreign = push("hub/gateway/foreign.yaml", `--gpg-sign=${stranger}`);
      expect(await refused(foreign, new RegExp(foreign))).toMatch(
        /: signed with key not in keyring/,
      );

      const made = await names("configmap");
      expect(made).not.toContain("configmap/unsigned");
      expect(made).not.toContain("configmap/foreign");
    }, 400_000);

    test("a new hub accepts nothing before it is signed", async () => {
      await put(state(signed));
      await plane.apply(state(signed).get("root.yaml") ?? "");
      const unsigned = git(repository, "rev-parse", "main");
      expect(await refused(unsigned, new RegExp(unsigned))).toContain(": unsigned");
      expect(await names("appproject")).not.toContain("appproject.argoproj.io/hub");

      git(repository, "update-ref", "-d", "refs/heads/main");
      await put(state(signed), signing);
      await synced();
      expect(await names("appproject")).toContain("appproject.argoproj.io/hub");
      expect(await project("default")).toMatchObject({ sourceRepos: [] });
    }, 400_000);
  });
});

/** The state with the root Application as earlier versions wrote it. */
function olderState(tree: Tree): Tree {
  const [, application] = loadAll(tree.get("root.yaml") ?? "") as any[];
  delete application.metadata.annotations;
  application.spec.project = "default";
  const projects = loadAll(tree.get("hub/argocd/projects.yaml") ?? "") as any[];
  const server = "https://kubernetes.default.svc";
  const rights = projects.map((one) =>
    one.metadata.name === "default"
      ? {
          ...one,
          spec: {
            description: "The root Application.",
            sourceRepos: [application.spec.source.repoURL],
            destinations: ["argocd", "flotilla-gateway", "cert-manager"].map((namespace) => ({
              server,
              namespace,
            })),
            clusterResourceWhitelist: [{ group: "", kind: "Namespace" }],
            namespaceResourceWhitelist: olderKinds.split(" ").map((name) => {
              const [group = "", kind = ""] = name.split("/");
              return { group, kind };
            }),
          },
        }
      : one,
  );
  const older = new Map(tree);
  older.delete("hub/argocd/root.yaml");
  older.set("root.yaml", JSON.stringify(application));
  older.set("hub/argocd/projects.yaml", rights.map((one) => JSON.stringify(one)).join("\n---\n"));
  return older;
}

const olderKinds =
  "/ConfigMap /Secret /Pod /Service /ServiceAccount argoproj.io/AppProject argoproj.io/Application " +
  "argoproj.io/ApplicationSet apps/Deployment apps/ReplicaSet networking.k8s.io/NetworkPolicy " +
  "policy/PodDisruptionBudget rbac.authorization.k8s.io/Role rbac.authorization.k8s.io/RoleBinding";

function configMap(name: string, namespace = "argocd"): string {
  const metadata = { name, namespace };
  return `${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata })}\n`;
}
