/**
 * A site's maintenance window on a running Argo CD: a change, and the repair of drift, wait for it.
 * The window is in the site's own time zone and opens while the test runs, at the start of a minute.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publish } from "../../../cli/publish/publish.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Maintenance } from "../../../fleet/model/maintenance.ts";
import { synthesizeState } from "../../../gitops/app.ts";
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

/** Half an hour beside every full hour. */
const timeZone = "Asia/Kolkata";
const minute = 60_000;

/** The window that opens at that time, and stays open for so long. */
function windowAt(time: number, lengthMinutes = 60): Maintenance {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? "";
  return {
    days: [part("weekday")],
    start: `${part("hour")}:${part("minute")}`,
    lengthMinutes,
    workloads: "window",
  };
}

interface Application {
  readonly status?: {
    readonly conditions?: readonly object[];
    readonly sync?: { readonly status: string; readonly revision?: string };
    readonly operationState?: { readonly phase: string; readonly startedAt: string };
  };
}

describe.skipIf(!isReady)(`a site's maintenance window${why}`, { timeout: 300_000 }, () => {
  let folder: string;
  let network: Namespaces;
  let all: Processes;
  let plane: ControlPlane;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "window-"));
    network = namespaces();
    const namespace = network.add({ label: "window" });
    all = processes(folder);
    const server = gitServer(all, { namespace, folder, address: "127.0.0.1" });
    url = await server.repository("state");
    await server.service.start();
    plane = await startHubPlane(all, { namespace, folder });
    await applyArgoCdDefinitions(plane);
    await applyArgoCdSettings(plane, {});
    const environment = {
      "application-controller": {
        // Argo CD looks at the windows whenever it compares an application; a hub polls every 10 minutes.
        ARGOCD_RECONCILIATION_TIMEOUT: "5s",
        ARGOCD_RECONCILIATION_JITTER: "0s",
      },
      // How long it takes the tip of a branch to be what it was.
      "repo-server": { ARGOCD_RECONCILIATION_TIMEOUT: "1s" },
    };
    await argoCd(all, { hub: plane, namespace, folder: join(folder, "argo"), environment }).start();
  }, 180_000);

  afterAll(async () => {
    await all?.end();
    network?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Publishes a version, and applies what the root Application would: the site's project. */
  async function put(version: string, maintenance: Maintenance): Promise<void> {
    const [device] = sampleFleet.devices;
    const [workload] = sampleFleet.workloads;
    if (device === undefined || workload === undefined) throw new Error("the sample is empty");
    const fleet: Fleet = {
      ...sampleFleet,
      repository: { ...sampleFleet.repository, url },
      devices: [{ ...device, site: { ...device.site, timeZone, maintenance } }],
      workloads: [
        { ...workload, versions: new Map(sampleFleet.rings.map((ring) => [ring, version])) },
      ],
    };
    const tree = synthesizeState(fleet, samplePublicKeys);
    const objects = [...tree]
      .filter(([path]) => path.startsWith("hub/fleet/"))
      .flatMap(([, text]) => loadAll(text) as any[]);
    const project = objects.find(({ kind }) => kind === "AppProject");
    const { spec } = objects.find(({ metadata }) => metadata.name.startsWith("point-of-sale-early"))
      .spec.template;
    // The hub itself, in place of the device.
    const destination = { server: "https://kubernetes.default.svc", namespace: "point-of-sale" };
    const application = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: {
        name: "board",
        namespace: "argocd",
        // As after a push.
        annotations: { "argocd.argoproj.io/refresh": "normal" },
      },
      spec: { ...spec, project: project.metadata.name, destination },
    };
    const rights = { ...project, spec: { ...project.spec, destinations: [destination] } };
    await plane.apply(JSON.stringify(rights));
    // Else Argo CD may start to synchronize by the windows that it knew before.
    await sleep(2_000);
    await publish({ remote: join(folder, "state.git"), branch: "main", directory: folder, tree });
    await plane.apply(JSON.stringify(application));
  }

  const own = ["--namespace", "point-of-sale"];
  async function deployed(): Promise<{ version: string | undefined; replicas: number }> {
    interface Deployment {
      readonly spec: {
        readonly replicas: number;
        readonly template: { readonly spec: { readonly containers: { image: string }[] } };
      };
    }
    const { spec } = await plane.get<Deployment>("deployment", "point-of-sale", ...own);
    const [container] = spec.template.spec.containers;
    return { version: container?.image.split(":").at(-1), replicas: spec.replicas };
  }
  const runs = (version: string, replicas: number, seconds: number) =>
    until(
      `version ${version} with ${replicas} pods`,
      async () => {
        const found = await deployed().catch((error: unknown) => String(error));
        if (isDeepStrictEqual(found, { version, replicas })) return true;
        throw new Error(JSON.stringify([found, await status()]));
      },
      seconds,
    );
  const status = async () =>
    (await plane.get<Application>("application", "board", "-n", "argocd")).status;
  const drift = () => plane.kubectl(["scale", "deployment/point-of-sale", "--replicas=3", ...own]);

  /** Waits until Argo CD knows that what runs is not what is published. */
  const outOfSync = () =>
    until(
      "Argo CD sees the change",
      async () => {
        const found = await status();
        if (found?.sync?.status === "OutOfSync") return true;
        throw new Error(JSON.stringify(found?.sync));
      },
      30,
    );

  test("a change and drift wait for it, and follow when it opens", async () => {
    await put("6.9.1", windowAt(Date.now() - 10 * minute));
    await runs("6.9.1", 1, 60);

    // Not the coming minute: the change has to be seen before.
    const opens = (Math.floor((Date.now() + 40_000) / minute) + 1) * minute;
    await put("6.9.2", windowAt(opens));
    await outOfSync();
    await drift();
    const before = (await status())?.operationState?.startedAt;
    let looks = 0;
    while (Date.now() < opens - 1_000) {
      expect(await deployed()).toEqual({ version: "6.9.1", replicas: 3 });
      expect(await status()).toMatchObject({
        sync: { status: "OutOfSync" },
        operationState: { startedAt: before },
      });
      looks += 1;
      await sleep(500);
    }
    // Twice as long as Argo CD takes from one comparison to the next, at least.
    expect(looks).toBeGreaterThan(10);
    await runs("6.9.2", 1, 30);
  });

  test("a person may synchronize outside it", async () => {
    await put("6.9.1", windowAt(Date.now() + 6 * 60 * minute));
    await outOfSync();
    const operation = { initiatedBy: { username: "admin" }, sync: { prune: true } };
    const patch = ["--type=merge", `--patch=${JSON.stringify({ operation })}`];
    await plane.kubectl(["patch", "application", "board", "-n", "argocd", ...patch]);
    await runs("6.9.1", 1, 30);
  });

  test("drift after that waits again", async () => {
    await drift();
    await outOfSync();
    await sleep(10_000);
    expect(await deployed()).toEqual({ version: "6.9.1", replicas: 3 });
    // A window that has just ended is closed: its last minute is not part of it.
    await put("6.9.1", windowAt(Math.floor(Date.now() / minute) * minute - 30 * minute, 30));
    await sleep(10_000);
    expect(await deployed()).toEqual({ version: "6.9.1", replicas: 3 });
    await put("6.9.1", windowAt(Date.now() - minute));
    await runs("6.9.1", 1, 30);
  });
});
