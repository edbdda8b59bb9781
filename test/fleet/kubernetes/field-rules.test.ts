/** Fields of the right type that Kubernetes refuses. */
import { expect, test } from "vitest";
import { fieldProblems } from "../../../fleet/kubernetes/field-rules.ts";

const said = (object: object) =>
  fieldProblems(object as never).map(({ path, message }) => `${path.join(".")}: ${message}`);
const pod = (spec: object, kind = "Pod") => ({ apiVersion: "v1", kind, spec });
const job = (restartPolicy?: string) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  spec: { template: { spec: { containers: [], ...(restartPolicy && { restartPolicy }) } } },
});
const service = (...ports: readonly object[]) => pod({ ports }, "Service");

test.each<[string, object, readonly string[]]>([
  [
    "names of containers",
    pod({ initContainers: [{ name: "a" }], containers: [{ name: "Web_1" }, { name: "a" }] }),
    [
      'spec.containers.0.name: found "Web_1". Write at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.',
      'spec.containers.1.name: "a" appears twice. Write another name.',
    ],
  ],
  [
    "ports of containers",
    pod({ containers: [{ name: "a", ports: [{ containerPort: 99999 }, { containerPort: 80 }] }] }),
    ["spec.containers.0.ports.0.containerPort: found 99999. Write a port from 1 to 65535."],
  ],
  ["one port of a Service", service({ port: 80 }), []],
  [
    "ports of a Service",
    service({ port: 80 }, { port: 81, name: "b" }, { port: 0, name: "b" }),
    [
      "spec.ports.2.port: found 0. Write a port from 1 to 65535.",
      'spec.ports.0.name: "name" is missing. A Service with several ports requires it.',
      'spec.ports.2.name: "b" appears twice. Write another name.',
    ],
  ],
  [
    "a Job's restarts",
    job("Always"),
    ["spec.template.spec.restartPolicy: a Job cannot have Always. Write OnFailure or Never."],
  ],
  [
    "a Job without a policy",
    job(),
    ["spec.template.spec.restartPolicy: a Job cannot have Always. Write OnFailure or Never."],
  ],
  ["a Job that ends", job("Never"), []],
  ["a Pod that ends", pod({ restartPolicy: "Never" }), []],
  [
    "a Deployment's restarts",
    { ...job("Never"), apiVersion: "apps/v1", kind: "Deployment" },
    ["spec.template.spec.restartPolicy: a Deployment cannot have Never. Write Always."],
  ],
  [
    "keys of a ConfigMap",
    { apiVersion: "v1", kind: "ConfigMap", data: { "a/b": "x", "..a": "x", ".a_B-c": "x" } },
    ["a/b", "..a"].map(
      (key) =>
        `data.${key}: "${key}" is not a valid key. Write letters, digits, hyphens, dots and underscores.`,
    ),
  ],
  [
    "keys of a Secret",
    { apiVersion: "v1", kind: "Secret", stringData: { "a b": "x" }, data: { ok: "" } },
    [
      'stringData.a b: "a b" is not a valid key. Write letters, digits, hyphens, dots and underscores.',
    ],
  ],
  [
    "a kind of another group",
    { apiVersion: "batch.volcano.sh/v1", kind: "Job", spec: { template: { spec: {} } } },
    [],
  ],
  ["what has the wrong type", pod({ containers: ["a", { name: 5, ports: { a: 1 } }] }), []],
])("%s", (_title, object, problems) => {
  expect(said(object)).toEqual(problems);
});
