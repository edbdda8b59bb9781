/**
 * Plans that would break a hub, and the alternatives. Terraform itself refuses to delete protected
 * resources. This file refuses what Terraform allows: the replacement of an unprotected cluster, with
 * everything that Kubernetes made, and changes of ranges that Google does not allow.
 */
import { shellWord } from "../../../fleet/model/shell-word.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

/** The output of `terraform show -json` for a plan. */
export interface PlanFile {
  readonly resource_changes?: readonly PlannedChange[];
}

export interface PlannedChange {
  readonly address: string;
  readonly type: string;
  readonly action_reason?: string;
  readonly change: {
    /** `["create", "delete"]` if the new one is made first, `["delete", "create"]` otherwise. */
    readonly actions: readonly string[];
    readonly before: Values | null;
    readonly after: Values | null;
    /** Paths of the arguments that require it. */
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

type Values = Readonly<Record<string, unknown>>;

/** The output of `terraform show -json` for a state. */
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

/** Replacing one of them means a new hub. */
const irreplaceable: Readonly<Record<string, string>> = {
  [clusterType]: "the cluster",
  google_compute_network: "the network",
  google_compute_subnetwork: "the subnet",
};

/** What to do instead. */
export const alternatives = () =>
  "Undo the change in the fleet file. If you need it: with the old values and " +
  `deletionProtection: false under cloud, run ${flotillaCommand("destroy")}, which also removes what Kubernetes ` +
  `made; then make the change and run ${flotillaCommand("deploy")}. No device needs to be touched.`;

/**
 * The reason to refuse a plan; undefined if it is allowed.
 *
 * @param folder of the stack, relative to the current folder
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
      return `this plan deletes ${what} and makes another one${reason}. ${alternatives()}`;
    }
    const ranges = changedRanges(change.before, change.after);
    if (ranges !== undefined) {
      return `Google does not change a range that the cluster uses (${ranges}). ${alternatives()}`;
    }
  }
  return undefined;
}

/** `pods from 192.168.0.0/18 to 192.168.128.0/18`; undefined if none changes or is removed. */
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
 * Addresses of node pools whose creation failed and whose replacement has the same name and would be
 * made first. They must be deleted before.
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

/** The fix if the state has a cluster whose creation failed; undefined otherwise. */
export function failedCluster({ values }: StateFile, folder: string): string | undefined {
  const found = (values?.root_module?.resources ?? []).find(
    ({ type, tainted }) => type === clusterType && tainted === true,
  );
  return found && failedClusterAdvice(found.address, found.values, folder);
}

function failedClusterAdvice(address: string, values: Values, folder: string): string {
  // The state of a failed resource has little more than this.
  const [, project, , location, , name] = String(values["id"]).split("/");
  const terraform = `terraform -chdir=${shellWord(folder)}`;
  return [
    `the creation of the cluster ${name} failed, and Terraform can't replace it. It is still ` +
      "empty: delete it, and run this again.",
    `gcloud container clusters delete ${name} --location=${location} --project=${project}`,
    `${terraform} state rm ${address}`,
    "Or, if it runs in the console of Google, keep it:",
    `${terraform} untaint ${address}`,
  ].join("\n  ");
}
