/**
 * The program that makes Argo CD refresh a device's Applications as soon as the device is back: see
 * gitops/programs/reconnect/. Without it they are refreshed minutes later.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, gatewayMetricsPort, gatewayNamespace } from "../../fleet/model/contract.ts";
import { NodeProgram } from "../kubernetes/node-program.ts";
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
      ],
      files: { [scriptFile]: programText("reconnect") },
      script: scriptFile,
      variables: { GATEWAYS: metrics.join(" ") },
      // Node alone takes 45 MiB; a page of 500 applications another 20 for a moment.
      requests: { cpu: "10m", memory: "64Mi" },
      limits: { memory: "256Mi" },
    });
  }
}
