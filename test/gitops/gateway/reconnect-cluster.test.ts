/**
 * Devices that are away, on a real API server with the real Argo CD: reconnect marks their registrations with
 * no more rights than it is given, Git and Argo CD leave the mark alone, and its fallback takes it away.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publish } from "../../../cli/publish/publish.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Tree } from "../../../fleet/model/tree.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { programText, type Program } from "../../../gitops/programs/bundle.ts";
import { git } from "../../cli/publish/state-repository.ts";
import { applyArgoCdDefinitions, applyArgoCdSettings, argoCd } from "../../e2e/argo-cd.ts";
import { startHubPlane, type ControlPlane } from "../../e2e/control-plane.ts";
import { gitServer } from "../../e2e/git-server.ts";
import { namespaces, type Namespaces } from "../../e2e/namespaces.ts";
import { listens, processes, until, type Processes, type Service } from "../../e2e/processes.ts";
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

const annotation = "argocd.argoproj.io/skip-reconcile";
const away = sampleFleet.devices.find(({ connectivity }) => connectivity === "gateway")!.name;

interface Registration {
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

describe.skipIf(!isReady)(`a device that is away${why}`, () => {
  let folder: string;
  let network: Namespaces;
  let namespace: string;
  let all: Processes;
  let plane: ControlPlane;
  let repository: string;
  let fleet: Fleet;
  let reconnect: Service;

  const argocd = ["--namespace", "argocd"];
  const state = (of: Fleet): Tree =>
    new Map(
      [...synthesizeState(of, samplePublicKeys)].map(([path, text]) => [
        path,
        text.replaceAll(/^( +)replicas: \d+$/gm, "$1replicas: 0"),
      ]),
    );
  const put = (tree: Tree) =>
    publish({ remote: repository, branch: "main", directory: folder, tree });
  const registration = async (name: string) => plane.get<Registration>("secret", name, ...argocd);
  const mark = async (name: string) =>
    (await registration(name)).metadata.annotations?.[annotation];
  /** The last handshake of the device that is away, as its gateway says it. */
  const handshake = (seconds: number) =>
    writeFileSync(
      join(folder, "metrics"),
      `wireguard_latest_handshake_seconds{friendly_name="${away}"} ${seconds}\n`,
    );

  /** A program as its pod runs it, with its own account. */
  async function program(name: Program, environment: Record<string, string> = {}) {
    const home = join(folder, name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "program.mjs"), programText(name));
    const token = await plane.kubectl(["create", "token", "reconnect", ...argocd]);
    writeFileSync(join(home, "token"), token);
    cpSync(join(folder, "ca", "server-ca.crt"), join(home, "ca.crt"));
    return all.service({
      name,
      namespace,
      command: [process.execPath, join(home, "program.mjs")],
      environment: { HUB_SERVER: plane.url, HUB_ACCOUNT: home, ...environment },
    });
  }

  /** Waits until root has applied what is published. */
  async function synced(): Promise<void> {
    const tip = git(repository, "rev-parse", "main");
    const refresh = ["annotate", "application", "root", ...argocd, "--overwrite"];
    await plane.kubectl([...refresh, "argocd.argoproj.io/refresh=hard"]);
    await until(
      "root is Synced",
      async () => {
        const { status } = await plane.get<any>("application", "root", ...argocd);
        if (status?.sync?.status !== "Synced" || status.sync.revision !== tip) {
          throw new Error(JSON.stringify(status, undefined, 1).slice(0, 3000));
        }
        return true;
      },
      240,
    );
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "away-"));
    network = namespaces();
    namespace = network.add({ label: "away" });
    all = processes(folder);
    const server = gitServer(all, { namespace, folder, address: "127.0.0.1" });
    const url = await server.repository("state");
    repository = join(folder, "state.git");
    fleet = { ...sampleFleet, repository: { ...sampleFleet.repository, url } };
    await server.service.start();
    plane = await startHubPlane(all, { namespace, folder });
    await applyArgoCdDefinitions(plane);
    const [settings] = loadAll(state(fleet).get("hub/argocd/values.yaml") ?? "") as any[];
    await applyArgoCdSettings(plane, settings.configs.cm);
    await argoCd(all, { hub: plane, namespace, folder: join(folder, "argo") }).start();
    await put(state(fleet));
    await plane.apply(state(fleet).get("root.yaml") ?? "");
    await synced();
    handshake(0);
    writeFileSync(
      join(folder, "gateway.mjs"),
      `import { createServer } from "node:http";
       import { readFileSync } from "node:fs";
       createServer((_, answer) => answer.end(readFileSync(${JSON.stringify(join(folder, "metrics"))})))
         .listen(9586, "127.0.0.1");`,
    );
    await all
      .service({
        name: "gateway",
        namespace,
        command: [process.execPath, join(folder, "gateway.mjs")],
        ready: () => listens(namespace, 9586),
      })
      .start();
    reconnect = await program("reconnect", {
      GATEWAYS: "http://127.0.0.1:9586",
      LOOK_SECONDS: "0.2",
      SILENT_SECONDS: "3",
    });
    await reconnect.start();
    await until(
      `${away} is skipped`,
      async () => {
        if ((await mark(away)) !== "true") throw new Error(reconnect.log());
        return true;
      },
      60,
    );
  }, 600_000);

  afterAll(async () => {
    await all?.end();
    network?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is marked, and Argo CD takes it neither as drift nor away with the next commit", async () => {
    await synced();
    // Argo CD reverts drift within seconds.
    for (let look = 0; look < 20; look++) {
      const { status } = await plane.get<any>("application", "root", ...argocd);
      expect([status.sync.status, await mark(away)]).toEqual(["Synced", "true"]);
      await sleep(500);
    }
    const tree = new Map(state(fleet));
    const path = `hub/fleet/clusters/${away}.yaml`;
    const before = tree.get(path) ?? "";
    expect(before).not.toContain(annotation);
    tree.set(path, before.replace("flotilla.dev/ring:", "flotilla.dev/more: more\n    $&"));
    await put(tree);
    await synced();
    expect((await registration(away)).metadata.labels?.["flotilla.dev/more"]).toBe("more");
    expect(await mark(away)).toBe("true");
  }, 300_000);

  test("its registration is all that reconnect may change, and it reads none", async () => {
    const can = async (verb: string, what: string) =>
      plane
        .kubectl(
          ["auth", "can-i", verb, ...what.split(" "), ...argocd].concat(
            "--as=system:serviceaccount:argocd:reconnect",
          ),
        )
        .then(
          (answer) => answer.trim(),
          () => "no",
        );
    const asked = [
      ["patch", `secret/${away}`],
      ["get", `secret/${away}`],
      ["list", "secrets"],
      ["patch", "secret/argocd-secret"],
      ["patch", "secrets"],
      ["update", `secret/${away}`],
      ["delete", `secret/${away}`],
      ["patch", "lease/flotilla-reconnect"],
      ["patch", "lease/another"],
    ] as const;
    const answers = await Promise.all(asked.map(([verb, what]) => can(verb, what)));
    expect(answers).toEqual(["yes", "no", "no", "no", "no", "no", "no", "yes", "no"]);
  });

  test("is looked at again the moment that it shakes hands", async () => {
    handshake(Date.now() / 1000);
    await until("it is not skipped", async () => (await mark(away)) === undefined, 10);
    expect(reconnect.log()).toContain(`${away}: it is back, Argo CD does not skip it any more`);
    handshake(0);
    await until("it is skipped", async () => (await mark(away)) === "true", 10);
  });

  test("one that gives up its tunnel is not skipped any more: Git says so", async () => {
    const tree = new Map(state(fleet));
    const path = `hub/fleet/clusters/${away}.yaml`;
    const other: Fleet = {
      ...fleet,
      devices: fleet.devices.map((device) =>
        device.name === away ? { ...device, connectivity: "direct" } : device,
      ),
    };
    tree.set(path, state(other).get(path) ?? "");
    expect(tree.get(path)).toContain(`${annotation}: "false"`);
    await put(tree);
    await synced();
    await until("Git's word is there", async () => (await mark(away)) === "false", 20);
    await put(state(fleet));
    await synced();
  }, 300_000);

  test("the fallback does nothing while reconnect works, and ends the skipping when it does not", async () => {
    const isMarked = async () => (await mark(away)) === "true";
    handshake(Date.now() / 1000);
    await sleep(1000);
    handshake(0);
    await until("it is skipped", isMarked, 20);
    const fallback = await program("reconnect-fallback");
    const ran = async () => {
      await fallback.start();
      await until("the fallback ends", () => !fallback.running(), 20);
    };
    await ran();
    expect(await mark(away)).toBe("true");
    await reconnect.kill();
    const old = { spec: { renewTime: "2026-01-01T00:00:00.000000Z" } };
    await plane.kubectl(
      ["patch", "lease", "flotilla-reconnect", ...argocd, "--type=merge"].concat(
        `--patch=${JSON.stringify(old)}`,
      ),
    );
    await ran();
    expect(fallback.log()).toContain("Argo CD skips no device (released: 1)");
    expect(await mark(away)).toBeUndefined();
  }, 300_000);
});
