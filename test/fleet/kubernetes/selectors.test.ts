/** Selectors that select nothing: Kubernetes refuses some, and says nothing of others. */
import { expect, test } from "vitest";
import { selectorProblems } from "../../../fleet/kubernetes/selectors.ts";

const template = (labels?: object) => ({ metadata: { ...(labels && { labels }) }, spec: {} });
const workload = (kind: string, selector: object, labels?: object) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name: "till" },
  spec: { selector, template: template(labels) },
});
const service = (selector?: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "till" },
  spec: { ...(selector && { selector }) },
});
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", labels: { app: "till" } } };
const job = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "night" },
  spec: { jobTemplate: { spec: { template: template({ job: "night" }) } } },
};
const database = {
  apiVersion: "db.example.com/v1",
  kind: "Database",
  metadata: { name: "prices" },
};
const kinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];
const till = { app: "till" };

const said = (objects: readonly object[]) =>
  selectorProblems(objects as never).flatMap((problems) =>
    problems.map(({ path, message }) => `${path.join(".")}: ${message}`),
  );

test.each(kinds)("a %s selects its own pods", (kind) => {
  expect(said([workload(kind, { matchLabels: till }, { app: "till", more: "x" })])).toEqual([]);
  expect(
    said([workload(kind, { matchExpressions: [{ key: "app", operator: "Exists" }] })]),
  ).toEqual([]);
  for (const labels of [undefined, {}, { app: "other" }]) {
    expect(said([workload(kind, { matchLabels: till }, labels)])).toEqual([
      "spec.selector.matchLabels: the pods do not have the label app: till. Write the same labels at spec.template.metadata.labels.",
    ]);
  }
});

test.each<[string, readonly object[]]>([
  ["of a Deployment", [workload("Deployment", { matchLabels: till }, till), service(till)]],
  ["of a Pod", [service(till), pod]],
  ["of a CronJob", [service({ job: "night" }), job]],
  ["that an operator makes for a custom resource", [pod, database, service({ app: "prices" })]],
  ["that another program makes", [service({ app: "prices" })]],
  ["of its own Endpoints", [pod, service()]],
])("a Service may select pods %s", (_title, objects) => {
  expect(said(objects)).toEqual([]);
});

test("a Service that selects none of the pods is a mistake", () => {
  expect(said([pod, job, service({ app: "prices", tier: "web" })])).toEqual([
    "spec.selector: no pod of this workload has the label app: prices and 1 more. Write the labels of its pods.",
  ]);
});
