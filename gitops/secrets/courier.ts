/**
 * How a workload on the devices gets a Secret, with nothing readable in Git:
 *
 *   Google Secret Manager → External Secrets → namespace fleet-secrets → courier → device
 *
 * What the courier may read. The registrations are among Argo CD's own Secrets, with its signing key
 * and the hub's client authority. RBAC has no selectors, so a right to list registrations would
 * include these. Therefore each device's address is also in a ConfigMap in `fleet-secrets`, in the
 * device's own file (device-address.ts): the courier may read that namespace and nothing else on the
 * hub. Rejected: a list of addresses in the settings, and rights by the names of Secrets, because
 * both would change with every device.
 *
 * Its pod runs in Argo CD's namespace, because the hub's client certificate is there, and a pod mounts
 * Secrets of its own namespace only. What it does is in gitops/programs/courier/.
 *
 * A workload names the Secret as fleet.yaml does (`secretKeyRef: { name: pos-api, … }`); its pods wait
 * until the Secret is there. When the last secret leaves the fleet file, the courier is removed and
 * what it delivered stays on the devices: revoke a secret at its source.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace } from "../../fleet/model/contract.ts";
import { clientSecret } from "../argocd/identity.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { NodeProgram, programLabels } from "../kubernetes/node-program.ts";
import { programText } from "../programs/bundle.ts";
import { secretsNamespace, type CourierSettings } from "../programs/courier/settings.ts";
import { CourierNetwork } from "./courier-network.ts";

/** The settings name no device, so one more device changes nothing here. */
export interface CourierChartProps extends CourierSettings {
  /** Image of Node, with its tag. */
  readonly image: string;
  /** Port that the hub's API servers listen on. @default 443 */
  readonly apiServerPort?: number | undefined;
}

/** The name of its objects and, as the label `app.kubernetes.io/name`, of its pod. */
const courierName = "courier";

const scriptFile = "courier.mjs";

export class CourierChart extends Chart {
  constructor(scope: Construct, id: string, props: CourierChartProps) {
    super(scope, id);
    const { image, rootCertificate, workloads, apiServerPort } = props;
    const settings: CourierSettings = { rootCertificate, workloads };
    new Namespace(this, "namespace", { name: secretsNamespace, podSecurity: "restricted" });
    new NodeProgram(this, "program", {
      name: courierName,
      namespace: argoNamespace,
      image,
      rules: [{ apiGroups: [""], resources: ["configmaps", "secrets"], verbs: ["list"] }],
      rulesNamespace: secretsNamespace,
      files: {
        [scriptFile]: programText("courier"),
        "settings.json": `${JSON.stringify(settings, undefined, 2)}\n`,
      },
      script: scriptFile,
      // Missing on a new hub: the root Application waits for this pod, and cert-manager comes later.
      secret: { name: clientSecret, volume: "identity", folder: "/flotilla/tls" },
      // 1,000 devices, 200 of them absent: 106 MB at most; a visit takes 6 ms of a processor.
      requests: { cpu: "10m", memory: "128Mi" },
      limits: { memory: "256Mi" },
    });
    new CourierNetwork(this, "network", {
      name: courierName,
      podLabels: programLabels(courierName),
      apiServerPort,
    });
  }
}
