/**
 * Argo CD's ApplicationSet as a typed construct, with the one generator that Flotilla uses. The class
 * that `cdk8s import` makes has 86,700 lines.
 *
 * Fields: Argo CD, pkg/apis/application/v1alpha1/applicationset_types.go.
 */
import { ApiObject, type ApiObjectMetadata } from "cdk8s";
import type { Construct } from "constructs";
import { toJson_ApplicationSpec, type ApplicationSpec } from "../imports/argoproj.io.ts";
import type { LabelSelector } from "../imports/k8s.ts";

export interface ApplicationSetProps {
  readonly metadata: ApiObjectMetadata;
  readonly spec: ApplicationSetSpec;
}

export interface ApplicationSetSpec {
  /** The template is in Go's language. */
  readonly goTemplate: true;
  readonly goTemplateOptions?: readonly string[];
  readonly generators: readonly ClusterGenerator[];
  readonly syncPolicy?: {
    /** The Applications have no finalizer: what they deployed stays when they are deleted. */
    readonly preserveResourcesOnDeletion?: boolean;
  };
  readonly template: {
    readonly metadata: {
      readonly name: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly spec: ApplicationSpec;
  };
}

/** One Application for each registered cluster that the selector matches. */
export interface ClusterGenerator {
  readonly clusters: { readonly selector: LabelSelector };
}

export class ApplicationSet extends ApiObject {
  constructor(scope: Construct, id: string, props: ApplicationSetProps) {
    super(scope, id, { apiVersion: "argoproj.io/v1alpha1", kind: "ApplicationSet", ...props });
  }

  override toJson(): unknown {
    const json = super.toJson() as ApplicationSetProps;
    const { template } = json.spec;
    const spec = toJson_ApplicationSpec(template.spec);
    return { ...json, spec: { ...json.spec, template: { ...template, spec } } };
  }
}
