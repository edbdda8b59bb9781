/**
 * Kubernetes' Pod Security Standards, as its admission of 1.36 enforces them: a pod that breaks them is
 * never created, and its Deployment only says so in its status.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import { fieldAt } from "../model/values.ts";
import { containersOf, itemsOf, podOf, type Fields, type PodPart } from "./pods.ts";
import type { ObjectProblem } from "./schema-check.ts";

export const podSecurityLabel = "pod-security.kubernetes.io/enforce";

/** What the level of a namespace forbids in the pods of an object. */
export function podSecurityProblems(object: Fields, level: string): readonly ObjectProblem[] {
  const pod = level === "privileged" ? undefined : podOf(object);
  if (pod === undefined) return [];
  const rules = level === "restricted" ? [...baseline, ...restricted] : baseline;
  return rules.flatMap((rule) =>
    [...rule(pod)].map(({ path, message }) => ({
      path,
      message: `pod security ${level}: ${message}`,
    })),
  );
}

type Rule = (pod: PodPart) => Iterable<ObjectProblem>;

/** The pod's own security context, and that of each container. */
function contextsOf(pod: PodPart): readonly PodPart[] {
  return [
    { path: [...pod.path, "spec"], value: (pod.value["spec"] ?? {}) as Fields },
    ...containersOf(pod),
  ];
}

/** A field that must not have a value, of the pod and of its containers. */
function forbidden(
  parts: readonly PodPart[],
  field: readonly string[],
  isAllowed: (value: unknown) => boolean,
  remedy: string,
): readonly ObjectProblem[] {
  return parts.flatMap(({ path, value }) => {
    const found = fieldAt(value, field);
    if (found === undefined || found === null || isAllowed(found)) return [];
    const text = typeof found === "object" ? "a value" : JSON.stringify(found);
    return [
      { path: [...path, ...field], message: `${field.at(-1)} must not be ${text}. ${remedy}` },
    ];
  });
}

const isFalse = (value: unknown) => value === false;
const isOneOf =
  (...allowed: readonly unknown[]) =>
  (value: unknown) =>
    allowed.includes(value);
const deleteIt = "Delete it.";

const baselineCapabilities = (
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP " +
  "SETUID SYS_CHROOT"
).split(" ");

const safeSysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

const seLinux = ["securityContext", "seLinuxOptions"];
const seLinuxTypes = [
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
];

const baseline: readonly Rule[] = [
  (pod) =>
    ["hostNetwork", "hostPID", "hostIPC"].flatMap((field) =>
      forbidden(contextsOf(pod).slice(0, 1), [field], isFalse, deleteIt),
    ),
  (pod) =>
    forbidden(
      contextsOf(pod),
      ["securityContext", "windowsOptions", "hostProcess"],
      isFalse,
      deleteIt,
    ),
  (pod) => forbidden(containersOf(pod), ["securityContext", "privileged"], isFalse, deleteIt),
  (pod) => capabilities(pod, baselineCapabilities),
  (pod) =>
    itemsOf(pod.value, ["spec", "volumes"])
      .filter(({ value }) => value["hostPath"])
      .map(({ path }) => ({
        path: [...pod.path, ...path, "hostPath"],
        message: "hostPath volumes are not allowed. Use a persistentVolumeClaim or an emptyDir.",
      })),
  (pod) =>
    containersOf(pod).flatMap(({ path, value }) =>
      forbidden(itemsOf(value, ["ports"]), ["hostPort"], isOneOf(0), "Use a Service.").map(
        (problem) => ({ ...problem, path: [...path, ...problem.path] }),
      ),
    ),
  hostsOfProbes,
  (pod) =>
    forbidden(
      contextsOf(pod),
      ["securityContext", "appArmorProfile", "type"],
      isOneOf("RuntimeDefault", "Localhost"),
      "Write RuntimeDefault.",
    ),
  appArmorAnnotations,
  (pod) => forbidden(contextsOf(pod), [...seLinux, "type"], isOneOf(...seLinuxTypes), deleteIt),
  (pod) => forbidden(contextsOf(pod), [...seLinux, "user"], isOneOf(""), deleteIt),
  (pod) => forbidden(contextsOf(pod), [...seLinux, "role"], isOneOf(""), deleteIt),
  (pod) => (hasOwnUsers(pod) ? [] : procMount(pod)),
  (pod) =>
    forbidden(
      contextsOf(pod),
      ["securityContext", "seccompProfile", "type"],
      isOneOf("RuntimeDefault", "Localhost"),
      "Write RuntimeDefault.",
    ),
  (pod) =>
    forbidden(
      itemsOf(pod.value, ["spec", "securityContext", "sysctls"]),
      ["name"],
      isOneOf(...safeSysctls),
      "Delete this sysctl.",
    ).map((problem) => ({ ...problem, path: [...pod.path, ...problem.path] })),
];

function capabilities(pod: PodPart, allowed: readonly string[]): readonly ObjectProblem[] {
  const field = ["securityContext", "capabilities", "add"];
  return containersOf(pod).flatMap(({ path, value }) => {
    const added = fieldAt(value, field);
    if (!Array.isArray(added)) return [];
    const refused = added.filter((each) => !allowed.includes(String(each)));
    if (refused.length === 0) return [];
    const message = `the capability ${refused.join(", ")} must not be added. Delete it.`;
    return [{ path: [...path, ...field], message }];
  });
}

function hostsOfProbes(pod: PodPart): readonly ObjectProblem[] {
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"].map((probe) => [probe]);
  const hooks = ["postStart", "preStop"].map((hook) => ["lifecycle", hook]);
  return [...probes, ...hooks].flatMap((place) =>
    ["httpGet", "tcpSocket"].flatMap((action) =>
      forbidden(containersOf(pod), [...place, action, "host"], isOneOf(""), deleteIt),
    ),
  );
}

function appArmorAnnotations({ path, value }: PodPart): readonly ObjectProblem[] {
  const annotations = (fieldAt(value, ["metadata", "annotations"]) ?? {}) as Fields;
  return Object.entries(annotations).flatMap(([key, profile]) => {
    if (!key.startsWith("container.apparmor.security.beta.kubernetes.io/")) return [];
    if (/^($|runtime\/default$|localhost\/)/.test(String(profile))) return [];
    const message = `the AppArmor profile must not be ${JSON.stringify(profile)}. Delete it.`;
    return [{ path: [...path, "metadata", "annotations", key], message }];
  });
}

const restrictedVolumes =
  "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split(
    " ",
  );

const restricted: readonly Rule[] = [
  (pod) =>
    itemsOf(pod.value, ["spec", "volumes"]).flatMap(({ path, value }) => {
      const type = Object.keys(value).find((key) => key !== "name" && value[key] !== null);
      // The baseline reports it already.
      if (type === undefined || type === "hostPath" || restrictedVolumes.includes(type)) return [];
      const message = `volumes of the type ${type} are not allowed. Use a persistentVolumeClaim.`;
      return [{ path: [...pod.path, ...path, type], message }];
    }),
  (pod) =>
    containersOf(pod).flatMap(({ path, value }) => {
      const field = ["securityContext", "allowPrivilegeEscalation"];
      if (fieldAt(value, field) === false || isWindows(pod)) return [];
      const message = "securityContext.allowPrivilegeEscalation must be false. Write it.";
      return [{ path: [...path, ...field], message }];
    }),
  // The baseline reports the others already.
  (pod) => (hasOwnUsers(pod) ? procMount(pod) : []),
  (pod) =>
    hasOwnUsers(pod)
      ? []
      : required(pod, ["securityContext", "runAsNonRoot"], (value) => value === true, "true"),
  (pod) =>
    hasOwnUsers(pod)
      ? []
      : forbidden(
          contextsOf(pod),
          ["securityContext", "runAsUser"],
          (id) => id !== 0,
          "Write another user ID.",
        ),
  (pod) =>
    isWindows(pod)
      ? []
      : required(
          pod,
          ["securityContext", "seccompProfile", "type"],
          isOneOf("RuntimeDefault", "Localhost"),
          "RuntimeDefault",
        ),
  (pod) =>
    isWindows(pod)
      ? []
      : containersOf(pod).flatMap(({ path, value }) => {
          const field = ["securityContext", "capabilities", "drop"];
          const dropped = fieldAt(value, field);
          if (Array.isArray(dropped) && dropped.includes("ALL")) return [];
          const message = "securityContext.capabilities.drop must contain ALL. Write [ALL].";
          return [{ path: [...path, ...field], message }];
        }),
  (pod) =>
    isWindows(pod)
      ? []
      : capabilities(pod, ["NET_BIND_SERVICE"]).filter(
          ({ path }) =>
            !capabilities(pod, baselineCapabilities).some(
              (each) => String(each.path) === String(path),
            ),
        ),
];

/** Root in the pod is another user on the device then, and Kubernetes 1.35 and later trusts that. */
function hasOwnUsers({ value }: PodPart): boolean {
  return fieldAt(value, ["spec", "hostUsers"]) === false;
}

function procMount(pod: PodPart): readonly ObjectProblem[] {
  return forbidden(
    containersOf(pod),
    ["securityContext", "procMount"],
    isOneOf("Default"),
    deleteIt,
  );
}

function isWindows({ value }: PodPart): boolean {
  return fieldAt(value, ["spec", "os", "name"]) === "windows";
}

/** A field that the pod must have, or else every container; a container's own value counts first. */
function required(
  pod: PodPart,
  field: readonly string[],
  isRight: (value: unknown) => boolean,
  remedy: string,
): readonly ObjectProblem[] {
  const [spec, ...containers] = contextsOf(pod);
  const ofPod = fieldAt(spec?.value, field);
  const name = field.join(".");
  const problem = (path: readonly string[]): ObjectProblem => {
    return { path: [...path, ...field], message: `${name} must be ${remedy}. Write it.` };
  };
  // The baseline reports a wrong seccomp profile.
  const isSaid = field.at(-1) === "type";
  const wrong = containers.filter(({ value }) => {
    const own = fieldAt(value, field);
    return own !== undefined && own !== null && !isRight(own);
  });
  if (wrong.length > 0) return isSaid ? [] : wrong.map(({ path }) => problem(path));
  if (ofPod !== undefined && ofPod !== null) {
    return isRight(ofPod) || isSaid ? [] : [problem(spec?.path ?? [])];
  }
  const missing = containers.filter(({ value }) => (fieldAt(value, field) ?? null) === null);
  if (missing.length === 0 && containers.length > 0) return [];
  return [
    problem(missing.length === containers.length ? (spec?.path ?? []) : (missing[0]?.path ?? [])),
  ];
}
