/** Each control of the Pod Security Standards, in each object that makes pods. */
import { describe, expect, test } from "vitest";
import { podSecurityProblems } from "../../../fleet/kubernetes/pod-security.ts";

type Fields = Record<string, unknown>;

/** A pod that the restricted level allows, with changes. */
function pod(spec: Fields = {}, container: Fields = {}, context: Fields = {}): Fields {
  return {
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "a",
          image: "a:1",
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            ...context,
          },
          ...container,
        },
      ],
      ...spec,
    },
  };
}

const said = (object: Fields, level: string) =>
  podSecurityProblems({ kind: "Pod", ...object }, level).map(
    ({ path, message }) => `${path.join(".")}: ${message.replace(/^pod security \w+: /, "")}`,
  );

const volume = (fields: Fields) => pod({ volumes: [{ name: "v", ...fields }] });
const podContext = (fields: Fields) =>
  pod({
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "Localhost" }, ...fields },
  });

const forbiddenEverywhere: readonly (readonly [string, Fields, string])[] = [
  ["hostNetwork", pod({ hostNetwork: true }), "spec.hostNetwork"],
  ["hostPID", pod({ hostPID: true }), "spec.hostPID"],
  ["hostIPC", pod({ hostIPC: true }), "spec.hostIPC"],
  ["privileged", pod({}, {}, { privileged: true }), "spec.containers.0.securityContext.privileged"],
  [
    "capabilities",
    pod({}, {}, { capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } }),
    "spec.containers.0.securityContext.capabilities.add",
  ],
  ["hostPath", volume({ hostPath: { path: "/" } }), "spec.volumes.0.hostPath"],
  [
    "hostPort",
    pod({}, { ports: [{ containerPort: 1, hostPort: 80 }] }),
    "spec.containers.0.ports.0.hostPort",
  ],
  [
    "the host of a probe",
    pod({}, { livenessProbe: { httpGet: { port: 1, host: "10.0.0.1" } } }),
    "spec.containers.0.livenessProbe.httpGet.host",
  ],
  [
    "the host of a hook",
    pod({}, { lifecycle: { preStop: { tcpSocket: { port: 1, host: "x" } } } }),
    "spec.containers.0.lifecycle.preStop.tcpSocket.host",
  ],
  [
    "AppArmor",
    podContext({ appArmorProfile: { type: "Unconfined" } }),
    "spec.securityContext.appArmorProfile.type",
  ],
  [
    "SELinux type",
    podContext({ seLinuxOptions: { type: "spc_t" } }),
    "spec.securityContext.seLinuxOptions.type",
  ],
  [
    "SELinux user",
    podContext({ seLinuxOptions: { user: "root" } }),
    "spec.securityContext.seLinuxOptions.user",
  ],
  [
    "procMount",
    pod({}, {}, { procMount: "Unmasked" }),
    "spec.containers.0.securityContext.procMount",
  ],
  [
    "seccomp",
    pod({}, {}, { seccompProfile: { type: "Unconfined" } }),
    "spec.containers.0.securityContext.seccompProfile.type",
  ],
  [
    "sysctls",
    podContext({ sysctls: [{ name: "kernel.msgmax", value: "1" }] }),
    "spec.securityContext.sysctls.0.name",
  ],
  [
    "an init container",
    pod({
      initContainers: [
        {
          name: "i",
          securityContext: {
            privileged: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    }),
    "spec.initContainers.0.securityContext.privileged",
  ],
  [
    "HostProcess",
    podContext({ windowsOptions: { hostProcess: true } }),
    "spec.securityContext.windowsOptions.hostProcess",
  ],
];

const forbiddenRestricted: readonly (readonly [string, Fields, string])[] = [
  ["nfs", volume({ nfs: { server: "x", path: "/" } }), "spec.volumes.0.nfs"],
  [
    "privilege escalation",
    pod({}, {}, { allowPrivilegeEscalation: undefined }),
    "spec.containers.0.securityContext.allowPrivilegeEscalation",
  ],
  [
    "root, unsaid",
    pod({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } }),
    "spec.securityContext.runAsNonRoot",
  ],
  [
    "root by a container",
    pod({}, {}, { runAsNonRoot: false }),
    "spec.containers.0.securityContext.runAsNonRoot",
  ],
  ["user 0", pod({}, {}, { runAsUser: 0 }), "spec.containers.0.securityContext.runAsUser"],
  [
    "no seccomp profile",
    pod({ securityContext: { runAsNonRoot: true } }),
    "spec.securityContext.seccompProfile.type",
  ],
  [
    "capabilities kept",
    pod({}, {}, { capabilities: { drop: ["NET_RAW"] } }),
    "spec.containers.0.securityContext.capabilities.drop",
  ],
  [
    "a capability of the baseline",
    pod({}, {}, { capabilities: { drop: ["ALL"], add: ["CHOWN"] } }),
    "spec.containers.0.securityContext.capabilities.add",
  ],
];

describe("one problem, at its field", () => {
  test.each(forbiddenEverywhere)("%s", (_, object, path) => {
    for (const level of ["baseline", "restricted"]) {
      const found = said(object, level);
      expect(found.map((each) => each.split(": ")[0])).toEqual([path]);
    }
    expect(said(object, "privileged")).toEqual([]);
  });

  test.each(forbiddenRestricted)("restricted only: %s", (_, object, path) => {
    expect(said(object, "restricted").map((each) => each.split(": ")[0])).toEqual([path]);
    expect(said(object, "baseline")).toEqual([]);
  });
});

test("what is allowed", () => {
  const all = [
    pod(),
    pod({ hostNetwork: false }, { ports: [{ containerPort: 1, hostPort: 0 }] }),
    pod({}, {}, { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
    volume({ emptyDir: {} }),
    volume({ image: { reference: "x" } }),
    volume({}),
    podContext({ sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] }),
    podContext({ seLinuxOptions: { type: "container_t", level: "s0" } }),
    // Each container for itself.
    pod({ securityContext: {} }, {}, { runAsNonRoot: true, seccompProfile: { type: "Localhost" } }),
    // Users of its own.
    pod({ hostUsers: false, securityContext: { seccompProfile: { type: "Localhost" } } }),
  ];
  for (const object of all) expect(said(object, "restricted")).toEqual([]);
  expect(said(pod({ hostUsers: false }, {}, { procMount: "Unmasked" }), "baseline")).toEqual([]);
});

test("in the template of every kind that makes pods, and in no other", () => {
  const bad = pod({ hostPID: true });
  const at = (kind: string, object: Fields) =>
    said({ kind, ...object }, "baseline")[0]?.split(": ")[0];
  for (const kind of "Deployment StatefulSet DaemonSet ReplicaSet Job ReplicationController".split(
    " ",
  )) {
    expect(at(kind, { spec: { template: bad } })).toBe("spec.template.spec.hostPID");
  }
  expect(at("PodTemplate", { template: bad })).toBe("template.spec.hostPID");
  expect(at("CronJob", { spec: { jobTemplate: { spec: { template: bad } } } })).toBe(
    "spec.jobTemplate.spec.template.spec.hostPID",
  );
  expect(at("ConfigMap", { spec: { template: bad } })).toBeUndefined();
});
