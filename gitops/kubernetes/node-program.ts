/**
 * One of Flotilla's programs on the hub: a pod of Node that runs a script from a ConfigMap, with a
 * service account and its rights in one namespace.
 */
import { Construct } from "constructs";
import {
  KubeConfigMap,
  KubeDeployment,
  KubeRole,
  KubeRoleBinding,
  KubeServiceAccount,
  type PodSpec,
  type PolicyRule,
  type Volume,
} from "../imports/k8s.ts";
import {
  containerResources,
  environment,
  restrictedContainer,
  restrictedPod,
  settingsAnnotation,
  settingsDigest,
  type Amounts,
} from "./pods.ts";

export interface NodeProgramProps {
  /** The name of its objects and, as the label `app.kubernetes.io/name`, of its pod. */
  readonly name: string;
  readonly namespace: string;
  /** Image of Node, with its tag. */
  readonly image: string;
  /** What the program may do. */
  readonly rules: readonly PolicyRule[];
  /** Where it may do it. @default its own namespace */
  readonly rulesNamespace?: string;
  /** Files by their names: the script and its settings. A change restarts the pod. */
  readonly files: Readonly<Record<string, string>>;
  /** The file that Node runs. */
  readonly script: string;
  /** Environment variables. @default none */
  readonly variables?: Readonly<Record<string, string>>;
  /** A Secret of the namespace, as a folder. @default none */
  readonly secret?: ProgramSecret;
  readonly requests: Amounts;
  readonly limits: Amounts;
}

export interface ProgramSecret {
  /** Name of the Secret. The pod starts without it. */
  readonly name: string;
  /** Name of the volume. */
  readonly volume: string;
  readonly folder: string;
}

/** Where a program finds its files. */
const programFolder = "/etc/flotilla";

/** The labels that select a program's pod. */
export function programLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name };
}

export class NodeProgram extends Construct {
  constructor(scope: Construct, id: string, props: NodeProgramProps) {
    super(scope, id);
    const { name, namespace, rules, rulesNamespace = namespace } = props;
    const metadata = { name, namespace };
    const rightsMetadata = { name, namespace: rulesNamespace };
    new KubeServiceAccount(this, "account", { metadata, automountServiceAccountToken: false });
    new KubeRole(this, "role", { metadata: rightsMetadata, rules: [...rules] });
    new KubeRoleBinding(this, "binding", {
      metadata: rightsMetadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    });
    addProgram(this, props);
  }
}

interface RunningProgramProps
  extends ProgramPodProps, Pick<NodeProgramProps, "namespace" | "files"> {}

/** The program's files and its pod, without an account and rights. */
export function addProgram(scope: Construct, props: RunningProgramProps): void {
  const { name, namespace, files } = props;
  const metadata = { name, namespace };
  const labels = programLabels(name);
  new KubeConfigMap(scope, "settings", { metadata, data: { ...files } });
  new KubeDeployment(scope, "deployment", {
    metadata,
    spec: {
      replicas: 1,
      revisionHistoryLimit: 3,
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          annotations: settingsAnnotation(settingsDigest(JSON.stringify(files))),
        },
        spec: programPod(props),
      },
    },
  });
}

interface ProgramPodProps extends Pick<
  NodeProgramProps,
  "name" | "image" | "script" | "variables" | "secret" | "requests" | "limits"
> {
  /** Its service account. @default the one of its name */
  readonly account?: string;
  /** Runs a script that ends, again and again, after so long. @default the script does not end */
  readonly everySeconds?: number;
}

/** The pod of a program whose files are in the ConfigMap of its name. */
function programPod(props: ProgramPodProps): PodSpec {
  const { name, account = name, image, variables, secret, requests, limits } = props;
  return {
    serviceAccountName: account,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    securityContext: {
      ...restrictedPod,
      // Lets the program read the Secret.
      ...(secret && { fsGroup: restrictedPod.runAsGroup }),
    },
    containers: [
      {
        name,
        image,
        imagePullPolicy: "IfNotPresent",
        command: commandOf(props),
        ...(variables && { env: environment(variables) }),
        securityContext: restrictedContainer,
        resources: containerResources(requests, limits),
        volumeMounts: [
          { name: "settings", mountPath: programFolder, readOnly: true },
          ...(secret ? [{ name: secret.volume, mountPath: secret.folder, readOnly: true }] : []),
        ],
      },
    ],
    volumes: [{ name: "settings", configMap: { name } }, ...(secret ? [secretVolume(secret)] : [])],
  };
}

/** Between two runs only the shell is in memory. It passes no signal on, but ends by itself. */
function commandOf({ script, everySeconds }: ProgramPodProps): string[] {
  const path = `${programFolder}/${script}`;
  if (everySeconds === undefined) return ["node", path];
  return [
    "sh",
    "-c",
    `trap 'exit 0' TERM; while :; do node ${path}; sleep ${everySeconds} & wait $!; done`,
  ];
}

function secretVolume({ name, volume }: ProgramSecret): Volume {
  return { name: volume, secret: { secretName: name, optional: true, defaultMode: 0o440 } };
}
