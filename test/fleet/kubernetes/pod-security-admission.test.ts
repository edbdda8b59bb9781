/** Pod security as Kubernetes' own admission decides it: what it refuses is refused, and nothing else. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { podSecurityProblems } from "../../../fleet/kubernetes/pod-security.ts";
import { schemaProblems } from "../../../fleet/kubernetes/schema-check.ts";
import { peerPath } from "../../peers/peers.ts";

type Fields = Record<string, unknown>;
type Change = readonly [path: string, value: unknown];

const flag = [true, false, null];
const profiles = ["RuntimeDefault", "Localhost", "Unconfined", "", "Other"];
const profileFields = profiles.map((type) => ({ type, localhostProfile: "p" }));
const seLinux = [
  ...["", "container_t", "container_engine_t", "spc_t"].map((type) => ({ type })),
  ...["user", "role", "level"].flatMap((key) => [{ [key]: "x" }, { [key]: "" }]),
];
const handlers = ["httpGet", "tcpSocket"].flatMap((action) =>
  ["", "127.0.0.1", "example.com", null].map((host) => ({ [action]: { port: 80, host } })),
);

/** Fields of the security context of a pod and of a container. */
const shared: Readonly<Record<string, readonly unknown[]>> = {
  "": [null, {}],
  ".runAsNonRoot": flag,
  ".runAsUser": [0, 1000, null],
  ".seccompProfile": [null, ...profileFields],
  ".appArmorProfile": [null, ...profileFields],
  ".seLinuxOptions": [null, {}, ...seLinux],
  ".windowsOptions": [null, {}, ...flag.map((hostProcess) => ({ hostProcess }))],
};

const ofPod: Readonly<Record<string, readonly unknown[]>> = {
  "spec.hostNetwork": flag,
  "spec.hostPID": flag,
  "spec.hostIPC": flag,
  "spec.hostUsers": flag,
  "spec.os": [null, { name: "linux" }, { name: "windows" }],
  ...placed("spec.securityContext", shared),
  "spec.securityContext.sysctls": [
    null,
    [],
    ...["kernel.shm_rmid_forced", "net.ipv4.tcp_rmem", "net.ipv4.tcp_mem", "kernel.msgmax", ""].map(
      (name) => [{ name, value: "1" }],
    ),
  ],
  "metadata.annotations": [
    null,
    ...["runtime/default", "localhost/x", "localhost", "unconfined", "", "x"].map((profile) => ({
      "container.apparmor.security.beta.kubernetes.io/a": profile,
    })),
    { "container.seccomp.security.alpha.kubernetes.io/a": "unconfined" },
  ],
  "spec.volumes": [
    null,
    [],
    ...Object.entries({
      awsElasticBlockStore: { volumeID: "x" },
      azureDisk: { diskName: "x", diskURI: "x" },
      azureFile: { secretName: "x", shareName: "x" },
      cephfs: { monitors: ["x"] },
      cinder: { volumeID: "x" },
      configMap: { name: "x" },
      csi: { driver: "x" },
      downwardAPI: {},
      emptyDir: {},
      ephemeral: {},
      fc: {},
      flexVolume: { driver: "x" },
      flocker: {},
      gcePersistentDisk: { pdName: "x" },
      gitRepo: { repository: "x" },
      glusterfs: { endpoints: "x", path: "x" },
      hostPath: { path: "/" },
      image: { reference: "x" },
      iscsi: { iqn: "x", lun: 0, targetPortal: "x" },
      nfs: { path: "/", server: "x" },
      persistentVolumeClaim: { claimName: "x" },
      photonPersistentDisk: { pdID: "x" },
      portworxVolume: { volumeID: "x" },
      projected: {},
      quobyte: { registry: "x", volume: "x" },
      rbd: { image: "x", monitors: ["x"] },
      scaleIO: { gateway: "x", secretRef: {}, system: "x" },
      secret: { secretName: "x" },
      storageos: {},
      vsphereVolume: { volumePath: "x" },
    }).flatMap(([type, source]) => [
      [{ name: "v", [type]: source }],
      [{ name: "v", [type]: null }],
      [{ name: "v" }, { name: "w", emptyDir: null, [type]: source }],
    ]),
  ],
};

const ofContainer: Readonly<Record<string, readonly unknown[]>> = {
  ...placed("securityContext", shared),
  "securityContext.privileged": flag,
  "securityContext.allowPrivilegeEscalation": flag,
  "securityContext.procMount": ["Default", "Unmasked", "", null],
  "securityContext.capabilities": [
    null,
    {},
    ...[[], ["ALL"], ["all"], ["NET_RAW"], ["NET_RAW", "ALL"], null].map((drop) => ({ drop })),
    ...["NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN", "ALL", "CAP_CHOWN", ""].map((add) => ({
      add: [add],
      drop: ["ALL"],
    })),
  ],
  ports: [null, [], ...[0, 80, null].map((hostPort) => [{ containerPort: 1, hostPort }])],
  livenessProbe: [null, ...handlers, { exec: { command: ["x"] } }],
  readinessProbe: handlers,
  startupProbe: handlers,
  "lifecycle.postStart": handlers,
  "lifecycle.preStop": [null, ...handlers],
};

function placed(place: string, fields: Readonly<Record<string, readonly unknown[]>>) {
  return Object.fromEntries(Object.entries(fields).map(([key, values]) => [place + key, values]));
}

const containerKinds = ["containers", "initContainers", "ephemeralContainers"];

const changes: readonly Change[] = [
  ...Object.entries(ofPod).flatMap(([path, values]) => values.map((v): Change => [path, v])),
  ...containerKinds.flatMap((kind) =>
    Object.entries(ofContainer).flatMap(([path, values]) =>
      values.map((v): Change => [`spec.${kind}.0.${path}`, v]),
    ),
  ),
];

/** Pods that the restricted level allows: by the pod's own context, by the containers' alone. */
function pod(isByContainers: boolean): Fields {
  const context = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
  const container = (name: string) => ({
    name,
    image: "a:1",
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      ...(isByContainers && structuredClone(context)),
    },
  });
  return {
    metadata: { name: "p" },
    spec: {
      ...(!isByContainers && { securityContext: context }),
      containers: [container("a"), container("b")],
    },
  };
}

function changed(isByContainers: boolean, all: readonly Change[]): Fields {
  const result = pod(isByContainers);
  for (const [path, value] of all) {
    const keys = path.split(".");
    let inner = result;
    keys.slice(0, -1).forEach((key, index) => {
      const isList = keys[index + 1] === "0";
      const missing = isList ? [{ name: `c${index}`, image: "a:1" }] : {};
      inner = (inner[key] ??= missing) as Fields;
    });
    inner[keys.at(-1) ?? ""] = structuredClone(value);
  }
  return result;
}

const wrappers: readonly ((template: Fields) => Fields)[] = [
  (template) => ({ apiVersion: "v1", kind: "Pod", ...template }),
  (template) => ({ apiVersion: "v1", kind: "PodTemplate", template }),
  (template) => ({ apiVersion: "v1", kind: "ReplicationController", spec: { template } }),
  ...["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"].map((kind) => (template: Fields) => ({
    apiVersion: "apps/v1",
    kind,
    spec: { selector: {}, ...(kind === "StatefulSet" && { serviceName: "x" }), template },
  })),
  (template) => ({ apiVersion: "batch/v1", kind: "Job", spec: { template } }),
  (template) => ({
    apiVersion: "batch/v1",
    kind: "CronJob",
    spec: { schedule: "@daily", jobTemplate: { spec: { template } } },
  }),
];

const peer = peerPath("pod-security-0.36.3");

describe.skipIf(peer === undefined)("Kubernetes' admission (needs the peer pod-security)", () => {
  /** The objects that one side refuses and the other one does not. */
  function differences(objects: readonly Fields[]) {
    // What is not a valid object is refused before its pods are checked.
    const valid = objects.filter(
      (object) =>
        schemaProblems(object as Fields & { apiVersion: string; kind: string }).length === 0,
    );
    const checks = valid.flatMap((object) =>
      ["privileged", "baseline", "restricted"].map((level) => ({ level, object })),
    );
    const output = execFileSync(peer ?? "", {
      input: JSON.stringify(checks),
      maxBuffer: 1 << 28,
      encoding: "utf8",
    });
    const real = JSON.parse(output) as readonly string[];
    expect(real).toHaveLength(checks.length);
    const all = checks.map(({ level, object }, index) => ({
      level,
      object,
      real: real[index] ?? "",
      ours: podSecurityProblems(object, level).map(
        ({ path, message }) => `${path.join(".")} ${message}`,
      ),
    }));
    return {
      wrong: all.filter((each) => (each.real === "") !== (each.ours.length === 0)),
      refused: all.filter((each) => each.real !== "").length,
      allowed: all.filter((each) => each.real === "").length,
    };
  }

  test("each change alone, in each kind of pod", { timeout: 60_000 }, () => {
    const objects = [false, true].flatMap((isByContainers) =>
      changes.map((change, index) => {
        const wrap = wrappers[index % wrappers.length];
        return wrap?.(changed(isByContainers, [change])) ?? {};
      }),
    );
    const { wrong, refused, allowed } = differences(objects);
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(300);
    expect(allowed).toBeGreaterThan(300);
  });

  test("several changes at once", { timeout: 120_000 }, () => {
    const some = fc.array(fc.constantFrom(...changes), { minLength: 2, maxLength: 5 });
    const object = fc
      .tuple(fc.constantFrom(...wrappers), fc.boolean(), some)
      .map(([wrap, isByContainers, all]) => wrap(changed(isByContainers, all)));
    const { wrong, refused } = differences(fc.sample(object, 2000));
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(refused).toBeGreaterThan(500);
  });
});
