/**
 * The program that makes Argo CD refresh a device's Applications as soon as the device is back, and skip
 * the device while it is away: see gitops/programs/reconnect/. The registrations that it may change are
 * those of each gateway's devices (peers.ts). While it does not work, another pod lets Argo CD skip none
 * (gitops/programs/reconnect-fallback/).
 */
import { Chart } from "cdk8s";
import { Construct } from "constructs";
import {
  argoNamespace,
  gatewayMetricsPort,
  gatewayNamespace,
  reconnectLease,
} from "../../fleet/model/contract.ts";
import { addProgram, NodeProgram } from "../kubernetes/node-program.ts";
import { programText } from "../programs/bundle.ts";

export interface ReconnectChartProps {
  /** Names of all gateways. */
  readonly gateways: readonly string[];
  /** Image of Node, with its tag. */
  readonly image: string;
}

/** The name of its objects and, as the label `app.kubernetes.io/name`, of its pod. */
export const reconnectName = "reconnect";

const scriptFile = "reconnect.mjs";
const fallbackName = "reconnect-fallback";
const fallbackFile = "fallback.mjs";
const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };

export class ReconnectChart extends Chart {
  constructor(scope: Construct, id: string, { gateways, image }: ReconnectChartProps) {
    super(scope, id);
    const metrics = gateways.map(
      (name) => `http://${name}.${gatewayNamespace}.svc:${gatewayMetricsPort}`,
    );
    new NodeProgram(this, "program", {
      name: reconnectName,
      namespace: argoNamespace,
      image,
      rules: [
        { apiGroups: ["argoproj.io"], resources: ["applications"], verbs: ["list", "patch"] },
        // No name limits what may be created.
        { ...leases, verbs: ["create"] },
        { ...leases, resourceNames: [reconnectLease], verbs: ["get", "patch"] },
      ],
      files: { [scriptFile]: programText("reconnect") },
      script: scriptFile,
      variables: { GATEWAYS: metrics.join(" ") },
      // Node alone takes 45 MiB; a page of 500 applications another 20 for a moment.
      requests: { cpu: "10m", memory: "64Mi" },
      limits: { memory: "256Mi" },
    });
    this.#addFallback(image);
  }

  /**
   * With the Lease's four minutes a device is overlooked for some nine at the most. Not a CronJob: the project
   * of hubs from before 0.2.0 does not permit that kind, and they would refuse the whole state.
   */
  #addFallback(image: string): void {
    addProgram(new Construct(this, "fallback"), {
      name: fallbackName,
      namespace: argoNamespace,
      account: reconnectName,
      image,
      files: { [fallbackFile]: programText("reconnect-fallback") },
      script: fallbackFile,
      everySeconds: 240,
      requests: { cpu: "10m", memory: "64Mi" },
      limits: { memory: "256Mi" },
    });
  }
}
