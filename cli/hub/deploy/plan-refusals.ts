/**
 * What a plan must not do to a hub, and what can be done instead. Terraform itself refuses to delete
 * what is protected; this is about what it would let pass: replacing an unprotected cluster with all
 * that Kubernetes made outside of it, or changing ranges that Google does not let change.
 */

/** Of `terraform show -json` of a plan. */
export interface PlanFile {
  readonly resource_changes?: readonly PlannedChange[];
}

export interface PlannedChange {
  readonly address: string;
  readonly type: string;
  readonly action_reason?: string;
  readonly change: {
    /** `["create", "delete"]` where the new one comes first, `["delete", "create"]` where last. */
    readonly actions: readonly string[];
    readonly before: Values | null;
    readonly after: Values | null;
    /** The arguments that force it, each as a path. */
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

type Values = Readonly<Record<string, unknown>>;

/** Of `terraform show -json` of a state. */
export interface StateFile {
  readonly values?: {
    readonly root_module?: {
      readonly resources?: readonly {
        readonly address: string;
        readonly type: string;
        readonly tainted?: boolean;
        readonly values: Values;
      }[];
    };
  };
}

const clusterType = "google_container_cluster";

/** What stands and falls with the hub. */
const irreplaceable: Readonly<Record<string, string>> = {
  [clusterType]: "the cluster",
  google_compute_network: "the network",
  google_compute_subnetwork: "the subnet",
};

/** What a person can do instead. */
export const nextSteps =
  "Take the change back in the fleet file. If it has to be: with the old values and " +
  "deletionProtection: false under cloud, run flotilla destroy, which also removes what Kubernetes " +
  "made; then make the change and run flotilla deploy. No device needs to be touched.";

/**
 * Why a plan can't be done, or undefined where it can.
 *
 * @param folder of the stack, as a person would write it
 */
export function planRefusal({ resource_changes }: PlanFile, folder: string): string | undefined {
  for (const planned of resource_changes ?? []) {
    const { address, type, action_reason, change } = planned;
    const what = irreplaceable[type];
    if (what === undefined || change.before === null) continue;
    const isReplaced = change.actions.includes("delete") && change.actions.includes("create");
    if (isReplaced && action_reason === "replace_because_tainted" && type === clusterType) {
      return failedClusterAdvice(address, change.before, folder);
    }
    if (isReplaced) {
      const paths = (change.replace_paths ?? []).map((path) => path.join("."));
      const reason = paths.length > 0 ? `, because of ${paths.join(", ")}` : "";
      return `this plan deletes ${what} and makes another one${reason}. ${nextSteps}`;
    }
    const ranges = changedRanges(change.before, change.after);
    if (ranges !== undefined) {
      return `Google does not change a range that the cluster uses (${ranges}). ${nextSteps}`;
    }
  }
  return undefined;
}

/** `pods from 192.168.0.0/18 to 192.168.128.0/18`; undefined where none changes or goes. */
function changedRanges(before: Values, after: Values | null): string | undefined {
  const later = secondaryRanges(after);
  const changes = Object.entries(secondaryRanges(before))
    .filter(([name, range]) => later[name] !== range)
    .map(([name, range]) => `${name} from ${range} to ${later[name] ?? "none"}`);
  return changes.length > 0 ? changes.join(", ") : undefined;
}

function secondaryRanges(subnet: Values | null): Readonly<Record<string, string>> {
  const ranges = (subnet?.["secondary_ip_range"] ?? []) as readonly {
    readonly range_name: string;
    readonly ip_cidr_range: string;
  }[];
  return Object.fromEntries(ranges.map((range) => [range.range_name, range.ip_cidr_range]));
}

/**
 * Addresses of node pools that failed while they were made, and whose successor of the same name is
 * to come before they go: they have to go first.
 */
export function failedPools({ resource_changes }: PlanFile): readonly string[] {
  return (resource_changes ?? [])
    .filter(
      ({ type, action_reason, change }) =>
        type === "google_container_node_pool" &&
        action_reason === "replace_because_tainted" &&
        change.actions[0] === "create" &&
        change.before?.["name"] === change.after?.["name"],
    )
    .map(({ address }) => address);
}

/** What to do where the state says that the making of the cluster failed; undefined: it does not. */
export function failedCluster({ values }: StateFile, folder: string): string | undefined {
  const found = (values?.root_module?.resources ?? []).find(
    ({ type, tainted }) => type === clusterType && tainted === true,
  );
  return found && failedClusterAdvice(found.address, found.values, folder);
}

function failedClusterAdvice(address: string, values: Values, folder: string): string {
  // Of a resource that failed the state has little more than this.
  const [, project, , location, , name] = String(values["id"]).split("/");
  const terraform = `terraform -chdir=${folder}`;
  return [
    `the cluster ${name} failed while it was made, and Terraform can't replace it. It holds ` +
      "nothing yet: delete it, and run this again.",
    `gcloud container clusters delete ${name} --location=${location} --project=${project}`,
    `${terraform} state rm ${address}`,
    "Or, where Google shows that it runs after all, keep it:",
    `${terraform} untaint ${address}`,
  ].join("\n  ");
}
