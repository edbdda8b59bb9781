/**
 * Two real application controllers, each a shard: each compares the devices whose registrations name it and
 * no other, even when the other one is dead, and catches up when it is started again.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shardOf } from "../../../fleet/rules/shards.ts";
import { startDevices } from "../../bench/hub/devices.ts";
import { application, registration, watchedKinds, workload } from "../../bench/hub/manifests.ts";
import { git } from "../../cli/publish/state-repository.ts";
import {
  applyArgoCdDefinitions,
  applyArgoCdSettings,
  argoCd,
  type ArgoCd,
} from "../../e2e/argo-cd.ts";
import { startHubPlane, type ControlPlane } from "../../e2e/control-plane.ts";
import { gitServer } from "../../e2e/git-server.ts";
import { namespaces, type Namespaces } from "../../e2e/namespaces.ts";
import { processes, run, until, type Processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";

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

const count = 6;
const shards = 2;
const argocd = ["--namespace", "argocd"];
const ports = [8082, 8092];
const names = (to: number) => Array.from({ length: to }, (_, index) => `device-${index}`);
const ownOf = (shard: number, to = count) =>
  names(to).filter((name) => shardOf(name, shards) === shard);

describe.skipIf(!isReady)(`two shards of Argo CD's controller${why}`, () => {
  let folder: string;
  let network: Namespaces;
  let namespace: string;
  let all: Processes;
  let plane: ControlPlane;
  let url: string;
  let authority: string;
  let parts: readonly ArgoCd[];
  const controllers = () => parts.map((each) => each.parts["application-controller"]);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "shards-"));
    network = namespaces();
    namespace = network.add({ label: "shards" });
    all = processes(folder);
    const server = gitServer(all, { namespace, folder, address: "127.0.0.1" });
    url = await server.repository("state");
    push("1.0.0");
    await server.service.start();
    plane = await startHubPlane(all, { namespace, folder });
    const upstream = plane.url;
    const devices = await startDevices(all, { namespace, folder, upstream, count: count + 2 });
    authority = devices.authority.toString("base64");
    await applyArgoCdDefinitions(plane);
    await applyArgoCdSettings(plane, { "resource.inclusions": JSON.stringify(watchedKinds) });
    await register(names(count));
    parts = ports.map((controllerPort, shard) =>
      argoCd(all, {
        hub: plane,
        namespace,
        folder: join(folder, `argo-${shard}`),
        controllerPort,
        environment: {
          // As the chart's StatefulSet: there the number is the last part of the pod's name.
          "application-controller": {
            ARGOCD_CONTROLLER_REPLICAS: String(shards),
            ARGOCD_CONTROLLER_SHARD: String(shard),
          },
        },
      }),
    );
    await parts[0]!.start();
    await controllers()[1]!.start();
  }, 300_000);

  afterAll(async () => {
    await all?.end();
    network?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function register(devices: readonly string[]): Promise<void> {
    const objects = devices.flatMap((name) => {
      const index = Number(name.split("-")[1]);
      const secret = registration(index, authority);
      const shard = String(shardOf(name, shards));
      const stringData = { ...secret.stringData, shard };
      return [{ ...secret, stringData }, application(index, url)];
    });
    await plane.apply(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
  }

  /** @returns the commit */
  function push(version: string): string {
    const clone = mkdtempSync(join(folder, "clone-"));
    git(".", "clone", "--quiet", join(folder, "state.git"), clone);
    mkdirSync(join(clone, "edge/pos/stable"), { recursive: true });
    writeFileSync(join(clone, "edge/pos/stable/all.yaml"), workload(version));
    git(clone, "add", ".");
    const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    git(clone, ...identity, "commit", "--quiet", "--message", version);
    git(clone, "push", "--quiet", "origin", "HEAD:main");
    return git(clone, "rev-parse", "HEAD").trim();
  }

  /** The devices whose Application is in sync with this commit, or with any. */
  async function synced(commit?: string): Promise<readonly string[]> {
    const text = await plane.kubectl([
      "get",
      "applications",
      ...argocd,
      '-o=jsonpath={range .items[*]}{.metadata.name} {.status.sync.status} {.status.health.status} {.status.sync.revision}{"\\n"}{end}',
    ]);
    return text.split("\n").flatMap((line) => {
      const [name = "", sync, health, revision] = line.split(" ");
      const isDone = sync === "Synced" && health === "Healthy";
      return isDone && [undefined, revision].includes(commit) ? [name.replace(/-pos$/, "")] : [];
    });
  }

  const refresh = () =>
    plane.kubectl(
      ["annotate", "applications", "--all", ...argocd, "--overwrite"].concat(
        "argocd.argoproj.io/refresh=hard",
      ),
    );

  async function untilSynced(devices: readonly string[], commit?: string): Promise<void> {
    await until(
      `${devices.length} devices are in sync`,
      async () => {
        const done = await synced(commit);
        if (!devices.every((name) => done.includes(name))) throw new Error(done.join(" "));
        return true;
      },
      240,
    );
  }

  /** As `flotilla status` reads them. */
  async function comparedBy(shard: number): Promise<readonly string[]> {
    const text = await run(["curl", "-s", `http://127.0.0.1:${ports[shard]}/metrics`], {
      namespace,
    });
    const found = [...text.matchAll(/^argocd_cluster_info\{.*\bname="(device-\d+)"/gm)];
    return found.map(([, name = ""]) => name).toSorted();
  }

  test(
    "each compares its own devices, including those that come later",
    { timeout: 300_000 },
    async () => {
      expect([ownOf(0).length, ownOf(1).length].every((own) => own > 0)).toBe(true);
      await untilSynced(names(count));
      for (const shard of [0, 1]) {
        const isRead = async () => {
          expect(await comparedBy(shard)).toEqual(ownOf(shard));
          return true;
        };
        await until("all are in the metrics", isRead, 60);
      }
      await register(names(count + 2).slice(count));
      await untilSynced(names(count + 2));
      for (const controller of controllers()) {
        expect(controller.log()).not.toContain("has changed shard");
      }
    },
  );

  test(
    "one that is dead stops its own devices only, and they heal when it is back",
    { timeout: 300_000 },
    async () => {
      const [, second] = controllers();
      await untilSynced(names(count + 2));
      await second!.kill();
      const commit = push("1.0.1");
      await refresh();
      await untilSynced(ownOf(0, count + 2), commit);
      // Far longer than the others took.
      await sleep(15_000);
      expect((await synced(commit)).toSorted()).toEqual(ownOf(0, count + 2));
      await second!.start();
      await untilSynced(names(count + 2), commit);
    },
  );
});
