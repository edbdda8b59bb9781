/**
 * Fluent Bit on a device: a pod on the device's own network, so that its address in the tunnel is
 * the device's. What it does is in agent-settings.ts.
 *
 * It is root, since the logs are root's, and can do nothing else with it: no capability, a root file
 * system that is read-only, the host's logs read-only, and one folder of its own.
 */
import { createHash } from "node:crypto";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import {
  agentFiles,
  agentFolder,
  agentPort,
  agentSettings,
  idleSettings,
  logScript,
  runFolder,
  startScript,
  stateFolder,
  type AgentBudget,
} from "./agent-settings.ts";
import { tunnelInterface } from "../../fleet/model/contract.ts";

export const agentName = "telemetry-agent";

export interface AgentProps extends AgentBudget {
  readonly namespace: string;
  /** Of every object. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of Fluent Bit, with its tag. */
  readonly image: string;
  /** Of something with BusyBox, with its tag. */
  readonly toolsImage: string;
}

export class Agent extends Construct {
  constructor(scope: Construct, id: string, props: AgentProps) {
    super(scope, id);
    const { namespace, labels } = props;
    const data = {
      [agentFiles.settings]: agentSettings(props),
      [agentFiles.idle]: idleSettings,
      [agentFiles.script]: logScript(props),
      [agentFiles.start]: startScript(tunnelInterface),
    };
    const digest = createHash("sha256").update(JSON.stringify(data)).digest("hex");
    const metadata = { name: agentName, namespace, labels };
    new ApiObject(this, "config-map", { apiVersion: "v1", kind: "ConfigMap", metadata, data });
    const podLabels = { "app.kubernetes.io/name": agentName };
    new ApiObject(this, "daemon-set", {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata,
      spec: {
        selector: { matchLabels: podLabels },
        template: {
          metadata: { labels: podLabels, annotations: { "flotilla.dev/settings": digest } },
          spec: podSpec(props),
        },
      },
    });
  }
}

const security = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

function podSpec({ image, toolsImage }: AgentProps): Record<string, unknown> {
  const settings = { name: "settings", mountPath: agentFolder, readOnly: true };
  const run = { name: "run", mountPath: runFolder };
  const check = { httpGet: { host: "127.0.0.1", path: "/", port: agentPort } };
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
      // SELinux on Fedora CoreOS keeps an ordinary container from reading the host's logs.
      seLinuxOptions: { type: "spc_t" },
    },
    initContainers: [
      {
        name: "settings",
        image: toolsImage,
        imagePullPolicy: "IfNotPresent",
        command: ["sh", `${agentFolder}/${agentFiles.start}`],
        securityContext: security,
        resources: resources([10, 200], [8, 32]),
        volumeMounts: [settings, run],
      },
    ],
    containers: [
      {
        name: "fluent-bit",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["/fluent-bit/bin/fluent-bit", "-c", `${runFolder}/${agentFiles.settings}`],
        securityContext: security,
        resources: resources([20, 300], [32, 128]),
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
      { name: "run", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      { name: "logs", hostPath: { path: "/var/log", type: "Directory" } },
      { name: "state", hostPath: { path: stateFolder, type: "DirectoryOrCreate" } },
    ],
  };
}

/** Millicores and MiB, request and limit. */
function resources(
  [cpu, cpuMax]: readonly [number, number],
  [memory, memoryMax]: readonly [number, number],
): Record<string, unknown> {
  return {
    requests: { cpu: `${cpu}m`, memory: `${memory}Mi` },
    limits: { cpu: `${cpuMax}m`, memory: `${memoryMax}Mi` },
  };
}
