/** Names and labels that Kubernetes refuses, by kind, and those that it takes. */
import { expect, test } from "vitest";
import { metadataProblems } from "../../../fleet/kubernetes/metadata.ts";

const rbac = "rbac.authorization.k8s.io/v1";

/** The paths of the problems. */
const wrong = (object: object) =>
  metadataProblems(object as never).map(({ path }) => path.join("."));
const named = (apiVersion: string, kind: string, name: unknown) =>
  wrong({ apiVersion, kind, metadata: { name } });

test.each([
  ["v1", "ConfigMap", "my.config-1"],
  ["v1", "ConfigMap", "1a"],
  ["v1", "ConfigMap", "a".repeat(253)],
  ["v1", "Service", "web-1"],
  ["v1", "Namespace", "1shop"],
  ["batch/v1", "CronJob", "a".repeat(52)],
  [rbac, "ClusterRole", "system:board_Reader"],
  [rbac, "RoleBinding", "a:b"],
  ["certificates.k8s.io/v1beta1", "ClusterTrustBundle", "example.com:signer:a"],
  ["networking.k8s.io/v1", "IPAddress", "2001:db8::1"],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition", "shops.example.com"],
  ["serving.knative.dev/v1", "Service", "1web.b"],
])("%s %s %s is a valid name", (apiVersion, kind, name) => {
  expect(named(apiVersion, kind, name)).toEqual([]);
});

test.each([
  ["v1", "ConfigMap", "My_Config"],
  ["v1", "ConfigMap", "a..b"],
  ["v1", "ConfigMap", "a-.b"],
  ["v1", "ConfigMap", "a".repeat(254)],
  ["apps/v1", "Deployment", "Web_App"],
  ["v1", "Service", "1web"],
  ["v1", "Service", "a.b"],
  ["v1", "Namespace", "a.b"],
  ["batch/v1", "CronJob", "a".repeat(53)],
  ["example.com/v1", "Shop", "a:b"],
  ["example.com/v1", "Shop", 5],
])("%s %s %s is not a valid name", (apiVersion, kind, name) => {
  expect(named(apiVersion, kind, name)).toEqual(["metadata.name"]);
});

const object = (metadata: object, rest: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "a", ...metadata },
  ...rest,
});

test("labels, annotations and what Kubernetes writes", () => {
  const labels = { app: "a", "example.com/till": "", "a_b.c": "A.b_c", v: "1.2.3" };
  const annotations = { "Example.com/a": "any text {}", b: "" };
  expect(wrong(object({ labels, annotations, uid: null }))).toEqual([]);
  expect(
    wrong(
      object({
        labels: { "bad label": "x", "a/b/c": "x", "": "x", a: "x y!", b: "-", c: "c".repeat(64) },
        annotations: { "bad key": "x" },
        resourceVersion: "5",
        uid: "5",
      }),
    ),
  ).toEqual([
    "metadata.resourceVersion",
    "metadata.uid",
    ...["bad label", "a/b/c", "", "a", "b", "c"].map((key) => `metadata.labels.${key}`),
    "metadata.annotations.bad key",
  ]);
});

test("labels of pods, and selectors", () => {
  const bad = { a: "x y" };
  const template = { metadata: { labels: bad } };
  expect(wrong(object({}, { spec: { template, selector: { matchLabels: bad } } }))).toEqual([
    "spec.selector.matchLabels.a",
    "spec.template.metadata.labels.a",
  ]);
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "a" } };
  expect(wrong({ ...service, spec: { selector: bad } })).toEqual(["spec.selector.a"]);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", labels: bad } };
  expect(wrong(pod)).toEqual(["metadata.labels.a"]);
  // Another group has its own rules for what is in `spec`.
  expect(wrong({ ...service, apiVersion: "serving.knative.dev/v1", spec: { template } })).toEqual(
    [],
  );
});

test("the messages say what to write", () => {
  const labels = { v: `1.2@sha256:${"a".repeat(64)}`, "bad label": "x" };
  const all = metadataProblems(object({ name: "Web_App", labels }) as never);
  expect(all.map(({ message }) => message)).toEqual([
    'found "Web_App". Write lower-case letters, digits, hyphens and dots, with a letter or digit at both ends of each part.',
    expect.stringMatching(
      /^found "1\.2@sha256:.* Write at most 63 letters, digits, hyphens, dots and underscores, with a letter or digit at both ends\. A version with a digest cannot be a label\.$/,
    ),
    '"bad label" is not a valid key of a label. Write letters, digits, hyphens, dots and underscores, like till or example.com/till.',
  ]);
});
