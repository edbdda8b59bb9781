/** What the pods of Elasticsearch and Kibana have in common. */
import {
  KubePodTemplate,
  type Container,
  type PodSecurityContext,
  type PodTemplateSpec,
} from "../imports/k8s.ts";

/** The user of Elastic's images. */
const securityContext: PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  seccompProfile: { type: "RuntimeDefault" },
};

/**
 * `podTemplate` of a resource of Elastic's operator, which completes it. Its definition has no schema
 * for it, so it is checked against Kubernetes' own here.
 */
export function elasticPodTemplate(container: Container): unknown {
  const template: PodTemplateSpec = {
    spec: { automountServiceAccountToken: false, securityContext, containers: [container] },
  };
  return (KubePodTemplate.manifest({ template }) as { readonly template: unknown }).template;
}
