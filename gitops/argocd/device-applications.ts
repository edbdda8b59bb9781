/** One Application on each registered device that a selector matches: an ApplicationSet. */
import { Construct } from "constructs";
import {
  argoNamespace,
  deviceLabel,
  ringLabel,
  siteLabel,
  workloadLabel,
} from "../../fleet/model/contract.ts";
import type { ApplicationSpecSource, ApplicationSpecSources } from "../imports/argoproj.io.ts";
import type { LabelSelector } from "../imports/k8s.ts";
import { syncPolicy } from "./application.ts";
import { ApplicationSet } from "./application-set.ts";

export interface DeviceApplicationsProps {
  /** What runs on the devices, and its namespace there. */
  readonly workload: string;
  readonly ring: string;
  /** What tells this ApplicationSet from the workload's others: `stable`, `stable.boston`. */
  readonly suffix: string;
  /** The site, where the ApplicationSet is for one only. @default none */
  readonly site?: string | undefined;
  /** Matches labels of registrations; see registration.ts. */
  readonly selector: LabelSelector;
  /** Project of the Applications; may be a template. */
  readonly project: string;
  /** Where the manifests are. @default `sources` */
  readonly source?: ApplicationSpecSource;
  /** @default `source` */
  readonly sources?: readonly ApplicationSpecSources[];
}

export class DeviceApplications extends Construct {
  constructor(scope: Construct, id: string, props: DeviceApplicationsProps) {
    super(scope, id);
    const { workload, ring, suffix, site, selector, project, source, sources } = props;
    const labels = {
      [workloadLabel]: workload,
      [ringLabel]: ring,
      ...(site !== undefined && { [siteLabel]: site }),
    };
    addApplicationSet(this, {
      name: `${workload}-${suffix}`,
      application: `{{.name}}-${workload}`,
      namespace: workload,
      labels,
      selector,
      project,
      ...(source !== undefined && { source }),
      ...(sources !== undefined && { sources }),
    });
  }
}

export interface DeviceApplicationSetProps extends Pick<
  DeviceApplicationsProps,
  "selector" | "project" | "source" | "sources"
> {
  readonly name: string;
  /** Name of the Applications: a template. */
  readonly application: string;
  /** Where on the devices they deploy to. */
  readonly namespace: string;
  /** The labels of the ApplicationSet and its Applications, which have those of the device too. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The ApplicationSet alone, whatever its Applications deploy. */
export function addApplicationSet(scope: Construct, props: DeviceApplicationSetProps): void {
  const { name, application, namespace, labels, selector, project, source, sources } = props;
  new ApplicationSet(scope, "application-set", {
    metadata: { name, namespace: argoNamespace, ...(labels && { labels }) },
    spec: {
      goTemplate: true,
      goTemplateOptions: ["missingkey=error"],
      generators: [{ clusters: { selector } }],
      // Without this the Applications would have a finalizer, and those of a removed device would
      // hang for as long as it is unreachable.
      syncPolicy: { preserveResourcesOnDeletion: true },
      template: {
        metadata: {
          name: application,
          labels: {
            ...labels,
            [deviceLabel]: "{{.name}}",
            [siteLabel]: `{{index .metadata.labels "${siteLabel}"}}`,
          },
        },
        spec: {
          project,
          source,
          sources,
          destination: { name: "{{.name}}", namespace },
          syncPolicy,
        },
      },
    },
  });
}
