/**
 * The device's metrics: Prometheus' node exporter on every node, with the flags and the mounts that
 * the project documents for containers (github.com/prometheus/node_exporter, README, "Docker"). Where
 * the hub receives telemetry, Fluent Bit sends them there, with the device's logs: see
 * gitops/telemetry/.
 */
import { ApiObject, Duration, JsonPatch } from "cdk8s";
import * as plus from "cdk8s-plus-27";
import { Construct } from "constructs";
import { z } from "zod";
import { Namespace } from "../kubernetes/namespace.ts";
import { TelemetryAgent } from "../telemetry/agent.ts";
import { finishPods, objectLabels, podLabels, resources } from "./workload.ts";
import type { WorkloadProps } from "./workload.ts";

const port = 9100;

/** Network devices that K3s creates for pods. */
const podDevices = "^(veth.*|cni0|flannel.*)$";

/** User `nobody` of the image. */
const user = 65_534;

export type TelemetryProps = WorkloadProps & z.output<typeof Telemetry.values>;

export class Telemetry extends Construct {
  static readonly values = z.strictObject({
    dailyMegabytes: z
      .int()
      .min(1)
      .max(1000)
      .default(50)
      .describe("Logs that a device sends in a day, before compression; the rest is dropped."),
    bufferMegabytes: z
      .int()
      .min(32)
      .max(10_000)
      .default(256)
      .describe(
        "What it keeps on disk while the hub is unreachable; then the oldest data is deleted.",
      ),
  });

  constructor(scope: Construct, id: string, props: TelemetryProps) {
    super(scope, id);
    const labels = objectLabels(props);
    new Namespace(this, "namespace", {
      name: props.namespace,
      // It reads the host's files, network and processes, which only this level allows.
      podSecurity: "privileged",
      labels,
    });
    const root = plus.Volume.fromHostPath(this, "root", "root", { path: "/" });
    const daemonSet = new plus.DaemonSet(this, "daemon-set", {
      metadata: { name: props.namespace, namespace: props.namespace, labels },
      podMetadata: { labels: podLabels(props) },
      select: false,
      hostNetwork: true,
      dns: { policy: plus.DnsPolicy.DEFAULT },
      securityContext: { user, group: user },
      containers: [container(props, root)],
    });
    finishPods(daemonSet, podLabels(props));
    const pod = "/spec/template/spec";
    ApiObject.of(daemonSet).addJsonPatch(
      // It becomes hostPID: cdk8s-plus renames fields after patches are applied.
      JsonPatch.add(`${pod}/hostPid`, true),
      // SELinux on Fedora CoreOS does not let an ordinary container read the host's files.
      JsonPatch.add(`${pod}/securityContext/seLinuxOptions`, { type: "spc_t" }),
    );
    if (props.agentImage === undefined) return;
    new TelemetryAgent(this, "agent", {
      ...props,
      labels,
      image: props.agentImage,
      toolsImage: exporterImage(props),
    });
  }
}

/** It contains BusyBox. */
function exporterImage({ version }: WorkloadProps): string {
  return `quay.io/prometheus/node-exporter:v${version}`;
}

function container(props: WorkloadProps, root: plus.Volume): plus.ContainerProps {
  return {
    name: "node-exporter",
    image: exporterImage(props),
    imagePullPolicy: plus.ImagePullPolicy.IF_NOT_PRESENT,
    args: [
      "--path.rootfs=/host",
      // What the device's own timers write (edge/parts/update-report.ts, certificate-report.ts).
      "--collector.textfile.directory=/host/var/lib/flotilla",
      // Mounts and network devices of pods come and go: endless new series without information.
      "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/kubelet)($|/)",
      `--collector.netdev.device-exclude=${podDevices}`,
      `--collector.netclass.ignored-devices=${podDevices}`,
    ],
    ports: [{ name: "metrics", number: port }],
    volumeMounts: [
      {
        path: "/host",
        volume: root,
        readOnly: true,
        propagation: plus.MountPropagation.HOST_TO_CONTAINER,
      },
    ],
    resources: resources([10, 200], [24, 96]),
    liveness: plus.Probe.fromHttpGet("/", { port, timeoutSeconds: Duration.seconds(5) }),
    readiness: plus.Probe.fromHttpGet("/", { port, timeoutSeconds: Duration.seconds(5) }),
    securityContext: { user, group: user },
  };
}
