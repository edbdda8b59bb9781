/**
 * How Argo CD's pods show the hub's certificate to a device: a script that prints it as an
 * ExecCredential of client-go. The registration of a device names the command.
 */
import { sourceText } from "../../fleet/files/source-text.ts";
import { argoNamespace, credentialConfigMap } from "../../fleet/model/contract.ts";
import { KubeConfigMap, type Volume, type VolumeMount } from "../imports/k8s.ts";
import { clientSecret } from "./identity.ts";

/** Where the script and the certificate are mounted. */
const mountPath = "/flotilla";

/** `execProviderConfig` of a registration. */
export const credentialCommand = {
  apiVersion: "client.authentication.k8s.io/v1",
  command: "sh",
  args: [`${mountPath}/credential.sh`],
} as const;

/** The ConfigMap with the script. It is part of Argo CD's chart, so no pod waits for it. */
export const credentialObject: unknown = KubeConfigMap.manifest({
  metadata: { name: credentialConfigMap, namespace: argoNamespace },
  data: { "credential.sh": sourceText("gitops/programs/credential/credential.sh") },
});

/**
 * Values for the components of Argo CD that talk to devices. The certificate is optional: on a new
 * hub Argo CD starts first, since it installs cert-manager.
 */
export const credentialVolume = {
  volumes: [
    {
      name: "flotilla",
      projected: {
        sources: [
          { configMap: { name: credentialConfigMap } },
          {
            secret: {
              name: clientSecret,
              optional: true,
              items: ["tls.crt", "tls.key"].map((key) => ({ key, path: `tls/${key}` })),
            },
          },
        ],
      },
    },
  ] satisfies Volume[],
  volumeMounts: [{ name: "flotilla", mountPath, readOnly: true }] satisfies VolumeMount[],
};
