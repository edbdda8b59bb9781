/**
 * The real controller of upgrades, of the pinned release, does our Plans, with the account and the variables
 * that Flotilla gives it, on a real API server. The test reports what its Jobs do: no kubelet runs them here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatRootKey, parseRootKey } from "../../../fleet/keys/root-key.ts";
import { upgradeName } from "../../../fleet/model/contract.ts";
import type { Calendar } from "../../../fleet/rules/calendar.ts";
import { UpgradesChart } from "../../../gitops/upgrades/upgrades.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../../cli/hub/api-server.ts";
import { processes, until, type Processes, type Service } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet } from "../../sample.ts";
import { objectsOfChart, type AnyObject } from "../objects.ts";

const binary = peerPath("system-upgrade-controller-0.20.1");
const isReady = hasApiServer && binary !== undefined;
const why = isReady ? "" : " (SKIPPED: test/peers/build.sh e2e was not run)";

const name = "system-upgrade-controller";
const node = "till-01";
const upgrade = {
  binary: { x86_64: "1".repeat(64), aarch64: "2".repeat(64) },
  image: `docker.io/rancher/k3s-upgrade:v1.36.5-k3s1@sha256:${"3".repeat(64)}`,
};
const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const always: Calendar = {
  timeZone: "Europe/Lisbon",
  windows: [{ days, start: "00:00", lengthMinutes: 1440 }],
};
/** A day that is neither today nor a neighbour of today, whatever the time zone. */
const never: Calendar = {
  timeZone: "Europe/Lisbon",
  windows: [{ days: [days[(new Date().getUTCDay() + 2) % 7]!], start: "10:00", lengthMinutes: 60 }],
};

const chartObjects = (calendar: Calendar, version: string): readonly AnyObject[] =>
  Object.values(
    objectsOfChart(
      (app) =>
        new UpgradesChart(app, "upgrades", { image: "controller:1", calendar, version, upgrade }),
    ),
  );

interface Job {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly parallelism: number;
    readonly backoffLimit: number;
    readonly activeDeadlineSeconds: number;
    readonly template: { readonly spec: any };
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

describe.skipIf(!isReady)(`the controller of upgrades${why}`, { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "suc-"));
  let all: Processes;
  let server: ApiServer;
  let controller: Service;
  const objects = chartObjects(always, "v1.36.5+k3s1");
  const plans = (of: readonly any[]) => of.filter(({ kind }) => kind === "Plan");

  const apply = (some: readonly object[]) =>
    server.admin(
      ["apply", "--server-side", "--force-conflicts", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: some }),
    );
  const get = async <T>(...words: readonly string[]): Promise<T> =>
    JSON.parse(
      await server.admin(["get", ...words, "--namespace", upgradeName, "--output", "json"]),
    ) as T;
  const jobs = async () => (await get<{ items: Job[] }>("jobs")).items;

  async function conditions(): Promise<ReadonlyMap<string, Condition>> {
    const { status } = await get<{ status?: { conditions?: Condition[] } }>("plans", "k3s");
    return new Map((status?.conditions ?? []).map((one) => [one.type, one]));
  }

  const untilComplete = (reason: string) =>
    until(
      `the Plan says ${reason}`,
      async () => {
        const found = (await conditions()).get("Complete");
        if (found?.reason === reason) return found;
        throw new Error(JSON.stringify(found));
      },
      120,
    );

  /** As the controller of Jobs does it. */
  async function end(job: Job, type: "Complete" | "Failed"): Promise<void> {
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z/, "Z");
    const before = type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
    const made = [before, type].map((each) => ({
      type: each,
      status: "True",
      reason: type === "Complete" ? "CompletionsReached" : "BackoffLimitExceeded",
      message: "said by the test",
      lastProbeTime: lastTransitionTime,
      lastTransitionTime,
    }));
    const status = {
      startTime: lastTransitionTime,
      ...(type === "Complete"
        ? { completionTime: lastTransitionTime, succeeded: 1 }
        : { failed: 1 }),
      uncountedTerminatedPods: {},
      conditions: made,
    };
    const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
    await server.admin(["patch", "job", job.metadata.name, "--namespace", upgradeName, ...patch]);
  }

  const untilJob = (version: string) =>
    until(
      `there is a Job for ${version}`,
      async () => {
        const made = await jobs();
        const found = made.find(
          ({ metadata, spec }) =>
            metadata.labels["upgrade.cattle.io/version"] === version && spec.parallelism === 1,
        );
        if (found === undefined) throw new Error(JSON.stringify(made.map((one) => one.metadata)));
        return found;
      },
      120,
    );

  beforeAll(async () => {
    all = processes(join(folder, "run"));
    const rootKey = parseRootKey(formatRootKey(new Uint8Array(32).fill(7)));
    const [device] = sampleFleet.devices;
    if (rootKey === undefined || device === undefined) throw new Error("no key or no device");
    // As K3s starts it: an upgrade works on the host.
    server = await startApiServer(folder, sampleFleet, device, rootKey, ["allow-privileged=true"]);
    const labels = {
      "kubernetes.io/hostname": node,
      "node-role.kubernetes.io/control-plane": "true",
    };
    await apply([
      { apiVersion: "v1", kind: "Node", metadata: { name: node, labels } },
      ...objects.filter(({ kind }) => !["Plan", "Deployment"].includes(kind)),
    ]);
    controller = all.service({
      name,
      command: [binary ?? ""],
      environment: {
        ...variables(),
        SYSTEM_UPGRADE_CONTROLLER_KUBE_CONFIG: await server.user(
          `/O=system:serviceaccounts/CN=system:serviceaccount:${upgradeName}:${name}`,
        ),
      },
    });
    await controller.start();
  }, 180_000);

  afterAll(async () => {
    await all.end();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The variables of its container; those from fields of the pod as a kubelet fills them in. */
  function variables(): Record<string, string> {
    const fields: Readonly<Record<string, string>> = {
      "metadata.namespace": upgradeName,
      "spec.nodeName": node,
    };
    const { spec } = objects.find(({ kind }) => kind === "Deployment");
    const env = spec.template.spec.containers[0].env as readonly any[];
    return Object.fromEntries(
      env.map((one) => [one.name, one.value ?? fields[one.valueFrom.fieldRef.fieldPath] ?? ""]),
    );
  }

  test("it writes the definition of its kind by the rights that it has", async () => {
    await until("there is a definition", () => apply(plans(objects)), 120);
  });

  test("in its window a Plan is a Job as the Plan says, of the account for upgrades", async () => {
    const { spec } = await untilJob("v1.36.5-k3s1");
    const pod = spec.template.spec;
    const [plan] = plans(objects);
    expect(spec).toMatchObject({ backoffLimit: 99, activeDeadlineSeconds: 3600 });
    expect(pod).toMatchObject({ serviceAccountName: "upgrade", hostPID: true, hostNetwork: true });
    expect(pod.initContainers).toBeUndefined();
    expect(pod.containers).toHaveLength(1);
    expect(pod.containers[0]).toMatchObject({
      ...plan.spec.upgrade,
      imagePullPolicy: "IfNotPresent",
      securityContext: { privileged: true },
    });
  });

  test("a Job that fails is a Plan that says so, in the words that Argo CD is shown", async () => {
    await end(await untilJob("v1.36.5-k3s1"), "Failed");
    const { status, message } = await untilComplete("JobFailed");
    expect(status).toBe("False");
    expect(message).toContain(node);
    expect((await conditions()).get("Validated")?.status).toBe("True");
  });

  test("a Job that is done marks the node, and the Plan is done", async () => {
    await apply(plans(chartObjects(always, "v1.36.6+k3s1")));
    await end(await untilJob("v1.36.6-k3s1"), "Complete");
    const done = async () => {
      const found = (await conditions()).get("Complete");
      if (found?.status === "True") return true;
      throw new Error(JSON.stringify(found));
    };
    await until("the Plan is done", done, 120);
    const { metadata } = await get<Pick<Job, "metadata">>("node", node);
    expect(metadata.labels["plan.upgrade.cattle.io/k3s"]).toMatch(/^[0-9a-f]{56}$/);
  });

  test("outside its window a Plan waits without a Job", async () => {
    await apply(plans(chartObjects(never, "v1.36.7+k3s1")));
    expect((await untilComplete("Waiting")).status).toBe("False");
    const versions = (await jobs()).map(
      ({ metadata }) => metadata.labels["upgrade.cattle.io/version"],
    );
    expect(versions).not.toContain("v1.36.7-k3s1");
  });

  test("it never lacked a right", () => {
    expect(controller.log()).not.toContain("forbidden");
  });
});
