/**
 * A small part of the hub that makes Argo CD look at a device the moment it is back: see
 * gitops/programs/reconnect/. Without it all works too, minutes later.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Gateway } from "../../../fleet/rules/gateways.ts";
import {
  argoNamespace,
  gatewayMetricsPort,
  gatewayNamespace,
} from "../../../fleet/model/contract.ts";
import { restrictedContainer, restrictedPod, settingsDigest } from "../../kubernetes/pods.ts";
import { programText } from "../../programs/bundle.ts";

export interface ReconnectProps {
  /** All of the fleet. */
  readonly gateways: readonly Gateway[];
  /** Of Node, with its tag. */
  readonly image: string;
}

/** Of its objects and, as `app.kubernetes.io/name`, of its pod. */
export const reconnectName = "reconnect";

const metadata = { name: reconnectName, namespace: argoNamespace };
const labels = { "app.kubernetes.io/name": reconnectName };
const folder = "/etc/flotilla";
const scriptFile = "reconnect.mjs";

export class Reconnect extends Construct {
  constructor(scope: Construct, id: string, props: ReconnectProps) {
    super(scope, id);
    const object = (name: string, apiVersion: string, kind: string, rest: object) =>
      new ApiObject(this, name, { apiVersion, kind, metadata, ...rest });
    object("account", "v1", "ServiceAccount", { automountServiceAccountToken: false });
    object("role", "rbac.authorization.k8s.io/v1", "Role", {
      rules: [
        { apiGroups: ["argoproj.io"], resources: ["applications"], verbs: ["list", "patch"] },
      ],
    });
    object("binding", "rbac.authorization.k8s.io/v1", "RoleBinding", {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: reconnectName },
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    });
    object("settings", "v1", "ConfigMap", { data: { [scriptFile]: programText("reconnect") } });
    object("deployment", "apps/v1", "Deployment", { spec: deployment(props) });
  }
}

function deployment({ gateways, image }: ReconnectProps): unknown {
  const metrics = gateways.map(
    ({ name }) => `http://${name}.${gatewayNamespace}.svc:${gatewayMetricsPort}`,
  );
  return {
    replicas: 1,
    revisionHistoryLimit: 3,
    strategy: { type: "Recreate" },
    selector: { matchLabels: labels },
    template: {
      metadata: {
        labels,
        annotations: { "flotilla.dev/settings": settingsDigest(programText("reconnect")) },
      },
      spec: {
        serviceAccountName: reconnectName,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        securityContext: restrictedPod,
        containers: [
          {
            name: reconnectName,
            image,
            imagePullPolicy: "IfNotPresent",
            command: ["node", `${folder}/${scriptFile}`],
            env: [{ name: "GATEWAYS", value: metrics.join(" ") }],
            securityContext: restrictedContainer,
            // Node alone takes 45 MiB; a page of 500 applications some 20 more for a moment.
            resources: {
              requests: { cpu: "10m", memory: "64Mi" },
              limits: { memory: "256Mi" },
            },
            volumeMounts: [{ name: "settings", mountPath: folder, readOnly: true }],
          },
        ],
        volumes: [{ name: "settings", configMap: { name: reconnectName } }],
      },
    },
  };
}
