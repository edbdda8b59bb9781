/**
 * The web service of a till: one pod, with its data on the device's own disk. Traefik, which is part
 * of K3s, serves it to the shop's network. The sample uses podinfo in its place.
 *
 * podinfo (github.com/stefanprodan/podinfo): user `app` is 100:101, HTTP on 9898 with /healthz and
 * /readyz, files below /data, and a setting for each flag, PODINFO_UI_MESSAGE for --ui-message.
 */
import { ApiObject, Duration, JsonPatch, Size } from "cdk8s";
import * as plus from "cdk8s-plus-27";
import { Construct } from "constructs";
import {
  finishPods,
  Namespace,
  objectLabels,
  podLabels,
  resources,
  type WorkloadProps,
} from "flotilla/gitops";
import { z } from "zod";

const port = 9898;

export type PointOfSaleProps = WorkloadProps & z.output<typeof PointOfSale.values>;

export class PointOfSale extends Construct {
  static readonly values = z.strictObject({
    message: z
      .string()
      .min(1, { error: "this is empty. Write a text, or delete the line." })
      .max(200, { error: "this is too long for a till's page. Write at most 200 characters." })
      .optional()
      .describe("What the page greets with; default: podinfo's own greeting."),
    memoryMebibytes: z
      .int()
      .min(32)
      .max(4096)
      .default(128)
      .describe("If it uses more memory than this, Kubernetes restarts it."),
  });

  constructor(scope: Construct, id: string, props: PointOfSaleProps) {
    super(scope, id);
    const labels = objectLabels(props);
    const metadata = { name: props.namespace, namespace: props.namespace, labels };
    new Namespace(this, "namespace", {
      name: props.namespace,
      podSecurity: "restricted",
      labels,
    });
    const claim = new plus.PersistentVolumeClaim(this, "data", {
      metadata: {
        ...metadata,
        // A mistake in Git must not delete sales.
        annotations: { "argocd.argoproj.io/sync-options": "Prune=false" },
      },
      accessModes: [plus.PersistentVolumeAccessMode.READ_WRITE_ONCE],
      storageClassName: "local-path",
      storage: Size.gibibytes(1),
    });
    const deployment = new plus.Deployment(this, "deployment", {
      metadata,
      podMetadata: { labels: podLabels(props) },
      select: false,
      replicas: 1,
      // The old pod must release the volume before the new one starts.
      strategy: plus.DeploymentStrategy.recreate(),
      securityContext: { user: 100, group: 101 },
      containers: [container(props, plus.Volume.fromPersistentVolumeClaim(this, "volume", claim))],
    });
    finishPods(deployment, podLabels(props));
    const service = new plus.Service(this, "service", {
      metadata,
      selector: plus.Pods.select(this, "pods", { labels: podLabels(props) }),
      ports: [{ name: "http", port: 80, targetPort: port }],
    });
    // cdk8s-plus writes an empty list, which the API server removes.
    ApiObject.of(service).addJsonPatch(JsonPatch.remove("/spec/externalIPs"));
    new plus.Ingress(this, "ingress", {
      metadata,
      className: "traefik",
      rules: [{ path: "/", backend: plus.IngressBackend.fromService(service) }],
    });
  }
}

function container(props: PointOfSaleProps, data: plus.Volume): plus.ContainerProps {
  return {
    name: "podinfo",
    image: `ghcr.io/stefanprodan/podinfo:${props.version}`,
    imagePullPolicy: plus.ImagePullPolicy.IF_NOT_PRESENT,
    command: ["./podinfo", `--port=${port}`, "--data-path=/data"],
    ports: [{ name: "http", number: port }],
    volumeMounts: [{ path: "/data", volume: data }],
    ...(props.message !== undefined && {
      envVariables: { PODINFO_UI_MESSAGE: plus.EnvValue.fromValue(props.message) },
    }),
    resources: resources([20, 500], [32, props.memoryMebibytes]),
    startup: plus.Probe.fromHttpGet("/healthz", {
      port,
      periodSeconds: Duration.seconds(2),
      failureThreshold: 30,
    }),
    liveness: plus.Probe.fromHttpGet("/healthz", { port, timeoutSeconds: Duration.seconds(5) }),
    readiness: plus.Probe.fromHttpGet("/readyz", { port, timeoutSeconds: Duration.seconds(5) }),
    securityContext: { user: 100, group: 101 },
  };
}
