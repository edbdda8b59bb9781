/**
 * Fluent Bit on a device: a pod on the device's own network, so that its address in the tunnel is
 * the device's. What it does is in agent-settings.ts.
 *
 * It runs as root, because the logs belong to root, and nothing else makes use of that: it has no
 * capability, a read-only root file system, the host's logs read-only, and one folder of its own.
 */
import { createHash } from "node:crypto";
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import { tunnelInterface } from "../../fleet/model/contract.ts";
import {
  IntOrString,
  KubeConfigMap,
  KubeDaemonSet,
  Quantity,
  type PodSpec,
  type SecurityContext,
} from "../imports/k8s.ts";
import { containerResources, environment, settingsAnnotation } from "../kubernetes/pods.ts";
import {
  agentFiles,
  agentFolder,
  agentPort,
  agentSettings,
  idleSettings,
  runFolder,
  stateFolder,
  type AgentBudget,
} from "./agent-settings.ts";

const agentName = "telemetry-agent";

export interface TelemetryAgentProps extends AgentBudget {
  readonly namespace: string;
  /** Labels of every object. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image of Fluent Bit, with its tag. */
  readonly image: string;
  /** An image with BusyBox, with its tag. */
  readonly toolsImage: string;
}

export class TelemetryAgent extends Construct {
  constructor(scope: Construct, id: string, props: TelemetryAgentProps) {
    super(scope, id);
    const { namespace, labels } = props;
    const data = {
      [agentFiles.settings]: agentSettings(props),
      [agentFiles.idle]: idleSettings,
      [agentFiles.script]: sourceText("gitops/programs/telemetry-agent/log.lua"),
      [agentFiles.start]: sourceText("gitops/programs/telemetry-agent/start.sh"),
    };
    const digest = createHash("sha256").update(JSON.stringify(data)).digest("hex");
    const metadata = { name: agentName, namespace, labels };
    const podLabels = { "app.kubernetes.io/name": agentName };
    new KubeConfigMap(this, "config-map", { metadata, data });
    new KubeDaemonSet(this, "daemon-set", {
      metadata,
      spec: {
        selector: { matchLabels: podLabels },
        template: {
          metadata: { labels: podLabels, annotations: settingsAnnotation(digest) },
          spec: podSpec(props),
        },
      },
    });
  }
}

const rootContainer: SecurityContext = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

function podSpec({ image, toolsImage, dailyMegabytes }: TelemetryAgentProps): PodSpec {
  const settings = { name: "settings", mountPath: agentFolder, readOnly: true };
  const run = { name: "run", mountPath: runFolder };
  const port = IntOrString.fromNumber(agentPort);
  const check = { httpGet: { host: "127.0.0.1", path: "/", port } };
  return {
    hostNetwork: true,
    dnsPolicy: "Default",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 10,
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      seccompProfile: { type: "RuntimeDefault" },
      // SELinux on Fedora CoreOS does not let an ordinary container read the host's logs.
      seLinuxOptions: { type: "spc_t" },
    },
    initContainers: [
      {
        name: "settings",
        image: toolsImage,
        imagePullPolicy: "IfNotPresent",
        command: ["sh", `${agentFolder}/${agentFiles.start}`],
        env: environment({ TUNNEL_INTERFACE: tunnelInterface, RUN_FOLDER: runFolder }),
        securityContext: rootContainer,
        resources: containerResources(
          { cpu: "10m", memory: "8Mi" },
          { cpu: "200m", memory: "32Mi" },
        ),
        volumeMounts: [settings, run],
      },
    ],
    containers: [
      {
        name: "fluent-bit",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["/fluent-bit/bin/fluent-bit", "-c", `${runFolder}/${agentFiles.settings}`],
        env: environment({
          LOG_BYTES_PER_DAY: String(dailyMegabytes * 1_000_000),
          BUDGET_FILE: `${stateFolder}/budget`,
        }),
        securityContext: rootContainer,
        resources: containerResources(
          { cpu: "20m", memory: "32Mi" },
          { cpu: "300m", memory: "128Mi" },
        ),
        livenessProbe: { ...check, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 6 },
        volumeMounts: [
          settings,
          { ...run, readOnly: true },
          { name: "logs", mountPath: "/var/log", readOnly: true },
          { name: "state", mountPath: stateFolder },
        ],
      },
    ],
    volumes: [
      { name: "settings", configMap: { name: agentName } },
      { name: "run", emptyDir: { medium: "Memory", sizeLimit: Quantity.fromString("1Mi") } },
      { name: "logs", hostPath: { path: "/var/log", type: "Directory" } },
      { name: "state", hostPath: { path: stateFolder, type: "DirectoryOrCreate" } },
    ],
  };
}
