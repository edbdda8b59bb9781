/** What finishPods makes of the workloads of cdk8s-plus-27: valid, hardened, and found by what selects their pods. */
import { Cron } from "cdk8s";
import * as plus from "cdk8s-plus-27";
import { Construct } from "constructs";
import { expect, test } from "vitest";
import { renderWorkload } from "../../../gitops/workloads/render-workload.ts";
import { finishPods, podLabels, type WorkloadProps } from "../../../gitops/workloads/workload.ts";

const props = { namespace: "kiosk", ring: "canary", version: "1.0" };

type Made = (scope: Construct, own: plus.DeploymentProps) => plus.Workload;

const workloads: Readonly<Record<string, Made>> = {
  Deployment: (scope, own) => new plus.Deployment(scope, "web", own),
  StatefulSet: (scope, own) => {
    const service = new plus.Service(scope, "headless", {
      clusterIP: "None",
      ports: [{ port: 80 }],
    });
    return new plus.StatefulSet(scope, "web", { ...own, service } as plus.StatefulSetProps);
  },
  DaemonSet: (scope, own) => new plus.DaemonSet(scope, "web", own as plus.DaemonSetProps),
  Job: (scope, own) => new plus.Job(scope, "web", own as plus.JobProps),
  CronJob: (scope, own) =>
    new plus.CronJob(scope, "web", { ...own, schedule: Cron.daily() } as plus.CronJobProps),
};

const container = { image: "kiosk", portNumber: 80, securityContext: { user: 100 } };

/** The objects of a class that makes this in its constructor. */
function rendered(make: (scope: Construct, labels: Record<string, string>) => void): any[] {
  class Kiosk extends Construct {
    constructor(scope: Construct, id: string, own: WorkloadProps) {
      super(scope, id);
      make(this, podLabels(own));
    }
  }
  return [...renderWorkload(Kiosk, props)];
}

const kinds = Object.keys(workloads);
const styles: readonly plus.DeploymentProps[] = [
  {},
  { select: false },
  { podMetadata: { labels: { tier: "web" } } },
  { select: false, podMetadata: { labels: { "app.kubernetes.io/name": "kiosk" } } },
];

test.each(kinds.flatMap((kind) => styles.map((style) => ({ kind, style }))))(
  "$kind with $style",
  ({ kind, style }) => {
    const objects = rendered((scope, labels) => {
      const own = { ...style, containers: [container], initContainers: [container] };
      finishPods(workloads[kind]!(scope, own), labels);
    });
    const { spec } = objects.find((each) => each.kind === kind);
    const { template, selector } = kind === "CronJob" ? spec.jobTemplate.spec : spec;
    const selects = !kind.endsWith("Job");
    expect(selector).toEqual(
      selects ? { matchLabels: { "app.kubernetes.io/name": "kiosk" } } : undefined,
    );
    const { [plus.Pod.ADDRESS_LABEL]: hash, ...labels } = template.metadata.labels;
    expect(labels).toEqual({ ...style.podMetadata?.labels, "app.kubernetes.io/name": "kiosk" });
    const isHashUsed = kind === "StatefulSet" || (selects && style.select !== false);
    expect(hash !== undefined).toBe(isHashUsed);
    expect(template.spec.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const each of [...template.spec.containers, ...template.spec.initContainers]) {
      expect(each.securityContext.capabilities).toEqual({ drop: ["ALL"] });
    }
  },
);

test("the policy of a group and an added capability stay", () => {
  const objects = rendered((scope, labels) => {
    const deployment = new plus.Deployment(scope, "web", {
      securityContext: {
        fsGroup: 5,
        fsGroupChangePolicy: plus.FsGroupChangePolicy.ON_ROOT_MISMATCH,
      },
      containers: [
        {
          ...container,
          securityContext: {
            user: 100,
            capabilities: { add: [plus.Capability.NET_BIND_SERVICE] },
          },
        },
      ],
    });
    finishPods(deployment, labels);
  });
  const { spec } = objects.find(({ kind }) => kind === "Deployment").spec.template;
  expect(spec.securityContext).toMatchObject({ fsGroup: 5, fsGroupChangePolicy: "OnRootMismatch" });
  expect(spec.containers[0].securityContext.capabilities).toEqual({
    add: ["NET_BIND_SERVICE"],
    drop: ["ALL"],
  });
});

const selecting: Readonly<Record<string, (web: plus.Deployment, scope: Construct) => void>> = {
  exposeViaService: (web) => void web.exposeViaService({ ports: [{ port: 80 }] }),
  Service: (web, scope) =>
    void new plus.Service(scope, "s", { selector: web, ports: [{ port: 80 }] }),
  NetworkPolicy: (web, scope) => void new plus.NetworkPolicy(scope, "p", { selector: web }),
};

test.each(Object.entries(selecting))("%s selects its pods", (_name, select) => {
  const objects = rendered((scope, labels) => {
    const web = new plus.Deployment(scope, "web", { containers: [container] });
    finishPods(web, labels);
    select(web, scope);
  });
  const [made] = objects.filter(
    ({ kind, metadata }) => /Service|Policy/.test(kind) && metadata.name !== "default",
  );
  expect(made.spec.podSelector?.matchLabels ?? made.spec.selector).toEqual({
    "app.kubernetes.io/name": "kiosk",
  });
});

test("a Service that was made before selects them, and is reported with select: false", () => {
  const made = (own: plus.DeploymentProps) =>
    rendered((scope, labels) => {
      const web = new plus.Deployment(scope, "web", { ...own, containers: [container] });
      web.exposeViaService({ ports: [{ port: 80 }] });
      finishPods(web, labels);
    });
  expect(made({}).map(({ kind }) => kind)).toContain("Service");
  expect(() => made({ select: false })).toThrow(
    /spec\.selector: no pod of this workload has the label cdk8s\.io\/metadata\.addr: /,
  );
});
