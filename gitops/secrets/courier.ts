/**
 * The way by which a workload on the devices gets a Secret, with nothing readable in Git:
 *
 *   Google Secret Manager → External Secrets → namespace fleet-secrets → courier → device
 *
 * Whom it may ask. The registrations lie among Argo CD's own Secrets, with its signing key and the
 * hub's client authority; RBAC knows no selectors, so a right to list them is a right to all of
 * these. Therefore each device's address stands a second time, in the device's own file, as a
 * ConfigMap in `fleet-secrets` (address.ts): the courier may read what is in that namespace and
 * nothing else on the hub. Rejected: a list of addresses in the settings (it would change with each
 * device), and a right by the names of the Secrets (likewise).
 *
 * Its pod runs in Argo CD's namespace because the certificate by which the hub is known to devices
 * is there, and a pod mounts Secrets of its own namespace only. What it does is in
 * gitops/programs/courier/.
 *
 * A workload names the Secret as fleet.yaml does (`secretKeyRef: { name: pos-api, … }`): its pods
 * wait until the Secret is there. The courier goes with the last secret of the fleet, and what it
 * took to devices then stays there: a secret that must hold no longer is changed at its source.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet, PublicKeys } from "../../fleet/model/fleet.ts";
import { argoNamespace } from "../../fleet/model/contract.ts";
import { clientSecret } from "../argocd/identity.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { restrictedContainer, restrictedPod, settingsDigest } from "../kubernetes/pods.ts";
import { CourierNetwork } from "./network.ts";
import { programText } from "../programs/bundle.ts";
import { secretsNamespace, type CourierSettings } from "../programs/courier/settings.ts";
import { secretiveWorkloads } from "./secrets.ts";

export interface CourierProps {
  /** At least one of its workloads declares secrets. */
  readonly fleet: Fleet;
  readonly rootCertificate: PublicKeys["rootCertificate"];
}

/** Of its objects and, as `app.kubernetes.io/name`, of its pod. */
export const courierName = "courier";

const metadata = { name: courierName, namespace: argoNamespace };
const rights = { name: courierName, namespace: secretsNamespace };
const labels = { "app.kubernetes.io/name": courierName };
const folder = "/etc/flotilla";
const identityFolder = "/flotilla/tls";

export class Courier extends Construct {
  constructor(scope: Construct, id: string, { fleet, rootCertificate }: CourierProps) {
    super(scope, id);
    const files = {
      "courier.mjs": programText("courier"),
      "settings.json": settings(fleet, rootCertificate),
    };
    const digest = settingsDigest(JSON.stringify(files));
    new Namespace(this, "namespace", { name: secretsNamespace, podSecurity: "restricted" });
    const object = (name: string, apiVersion: string, kind: string, rest: object) =>
      new ApiObject(this, name, { apiVersion, kind, metadata, ...rest });
    object("account", "v1", "ServiceAccount", { automountServiceAccountToken: false });
    object("role", "rbac.authorization.k8s.io/v1", "Role", {
      metadata: rights,
      rules: [{ apiGroups: [""], resources: ["configmaps", "secrets"], verbs: ["list"] }],
    });
    object("binding", "rbac.authorization.k8s.io/v1", "RoleBinding", {
      metadata: rights,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: courierName },
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    });
    object("settings", "v1", "ConfigMap", { data: files });
    object("deployment", "apps/v1", "Deployment", {
      spec: deployment(fleet.pins.images.node, digest),
    });
    new CourierNetwork(this, "network", { name: courierName, podLabels: labels });
  }
}

function settings(fleet: Fleet, rootCertificate: string): string {
  const workloads = secretiveWorkloads(fleet).map(
    ({ name, selector, secrets = [] }) =>
      [name, { selector, secrets: secrets.map((secret) => secret.name) }] as const,
  );
  const content: CourierSettings = { rootCertificate, workloads: Object.fromEntries(workloads) };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

function deployment(image: string, digest: string): unknown {
  return {
    replicas: 1,
    revisionHistoryLimit: 3,
    strategy: { type: "Recreate" },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels, annotations: { "flotilla.dev/settings": digest } },
      spec: {
        serviceAccountName: courierName,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        securityContext: { ...restrictedPod, fsGroup: restrictedPod.runAsGroup },
        containers: [
          {
            name: courierName,
            image,
            imagePullPolicy: "IfNotPresent",
            command: ["node", `${folder}/courier.mjs`],
            securityContext: restrictedContainer,
            // 1,000 devices, 200 of them away: 106 MB at most; a visit is 6 ms of a processor.
            resources: {
              requests: { cpu: "10m", memory: "128Mi" },
              limits: { memory: "256Mi" },
            },
            volumeMounts: [
              { name: "settings", mountPath: folder, readOnly: true },
              { name: "identity", mountPath: identityFolder, readOnly: true },
            ],
          },
        ],
        volumes: [
          { name: "settings", configMap: { name: courierName } },
          // Optional: a pod that waits for cert-manager would hold up what installs cert-manager.
          {
            name: "identity",
            secret: { secretName: clientSecret, optional: true, defaultMode: 0o440 },
          },
        ],
      },
    },
  };
}
