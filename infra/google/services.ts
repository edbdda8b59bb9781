import { ProjectService } from "@cdktf/provider-google/lib/project-service/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

/** The APIs that every hub needs, without their common suffix `.googleapis.com`. */
const serviceNames = [
  "compute",
  "container",
  "dns",
  "iam",
  // Workload Identity: pods get short-lived Google credentials from it.
  "iamcredentials",
  // The agents on the nodes write to these two.
  "logging",
  "monitoring",
] as const;

/** The provider asks this API about every other API that it enables. */
const firstName = "cloudresourcemanager";

export interface HubServicesProps {
  /**
   * Other APIs, by the same kind of name.
   * @default none
   */
  readonly further?: readonly string[];
}

/** The Google APIs that the hub needs, enabled in its project. */
export class HubServices extends Construct {
  /** Every API: a resource in a new project must wait for them. */
  readonly all: readonly ITerraformDependable[];
  /** The API that answers questions about the project itself. */
  readonly first: ITerraformDependable;

  constructor(scope: Construct, id: string, props: HubServicesProps = {}) {
    super(scope, id);
    const enable = (name: string, dependsOn: readonly ITerraformDependable[] = []) =>
      new ProjectService(this, name, {
        service: `${name}.googleapis.com`,
        // Something else in the project may use the API when the hub is destroyed.
        disableOnDestroy: false,
        dependsOn: [...dependsOn],
      });
    const first = enable(firstName);
    this.first = first;
    const others = [...serviceNames, ...(props.further ?? [])].map((name) => enable(name, [first]));
    this.all = [first, ...others];
  }
}
