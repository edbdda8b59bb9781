import { describe, expect, test } from "vitest";
import { NodeProgram, type NodeProgramProps } from "../../../gitops/kubernetes/node-program.ts";
import { objectsOf, podOf } from "../objects.ts";

const props: NodeProgramProps = {
  name: "watcher",
  namespace: "argocd",
  image: "docker.io/library/node:24",
  rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }],
  files: { "watcher.mjs": "export {};\n" },
  script: "watcher.mjs",
  requests: { cpu: "10m", memory: "64Mi" },
  limits: { memory: "128Mi" },
};

function program(rest: Partial<NodeProgramProps> = {}) {
  return objectsOf((chart) => new NodeProgram(chart, "program", { ...props, ...rest }));
}

describe("a program", () => {
  const objects = program();

  test("has an account with its rights, its files and one pod", () => {
    expect(Object.keys(objects)).toEqual([
      "ServiceAccount watcher",
      "Role watcher",
      "RoleBinding watcher",
      "ConfigMap watcher",
      "Deployment watcher",
    ]);
    expect(objects["Role watcher"].rules).toEqual(props.rules);
    expect(objects["ConfigMap watcher"].data).toEqual(props.files);
    expect(objects["Deployment watcher"].spec).toMatchObject({
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: { "app.kubernetes.io/name": "watcher" } },
    });
  });

  test("is restricted, and runs its script with Node", () => {
    const pod = podOf(objects["Deployment watcher"]);
    expect(pod).toMatchObject({
      serviceAccountName: "watcher",
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      volumes: [{ name: "settings", configMap: { name: "watcher" } }],
    });
    expect(pod.containers).toEqual([
      {
        name: "watcher",
        image: props.image,
        imagePullPolicy: "IfNotPresent",
        command: ["node", "/etc/flotilla/watcher.mjs"],
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          readOnlyRootFilesystem: true,
        },
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
        volumeMounts: [{ name: "settings", mountPath: "/etc/flotilla", readOnly: true }],
      },
    ]);
  });

  test("restarts when a file changes, and only then", () => {
    const annotations = (rest: Partial<NodeProgramProps>) =>
      program(rest)["Deployment watcher"].spec.template.metadata.annotations;
    expect(annotations({})).toEqual(annotations({}));
    expect(annotations({ files: { "watcher.mjs": "" } })).not.toEqual(annotations({}));
  });
});

test("rights may be in another namespace than the account", () => {
  const objects = program({ rulesNamespace: "fleet-secrets" });
  expect(objects["Role watcher"].metadata.namespace).toBe("fleet-secrets");
  expect(objects["RoleBinding watcher"]).toMatchObject({
    metadata: { namespace: "fleet-secrets" },
    subjects: [{ kind: "ServiceAccount", name: "watcher", namespace: "argocd" }],
  });
});

test("a Secret is a folder that the program can read, and that may be missing", () => {
  const secret = { name: "client", volume: "identity", folder: "/flotilla/tls" };
  const pod = podOf(program({ secret })["Deployment watcher"]);
  expect(pod.securityContext.fsGroup).toBe(pod.securityContext.runAsGroup);
  expect(pod.volumes[1]).toEqual({
    name: "identity",
    secret: { secretName: "client", optional: true, defaultMode: 0o440 },
  });
  expect(pod.containers[0].volumeMounts[1]).toEqual({
    name: "identity",
    mountPath: "/flotilla/tls",
    readOnly: true,
  });
});

test("variables are its environment", () => {
  const pod = podOf(program({ variables: { GATEWAYS: "one two" } })["Deployment watcher"]);
  expect(pod.containers[0].env).toEqual([{ name: "GATEWAYS", value: "one two" }]);
});
