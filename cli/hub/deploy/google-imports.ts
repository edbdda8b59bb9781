/**
 * Commands to import resources that exist in Google Cloud and not in Terraform's state: after a
 * deployment that was killed, with a lost state, or of an earlier hub, since Google keeps key rings and
 * keys forever.
 *
 * Terraform's own `import` blocks would fail every first deployment, when there is nothing to import.
 * So the commands are printed when they are needed.
 */
import { shellWord } from "../../../fleet/model/shell-word.ts";

/** The part of a stack's `cdk.tf.json` that locates its resources. */
export interface StackFile {
  readonly variable?: Readonly<Record<string, unknown>>;
  readonly provider?: {
    readonly google?: readonly { readonly project: string; readonly region: string }[];
  };
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Values>>>>;
}

type Values = Readonly<Record<string, unknown>>;

/** The import id of each type in the google provider (6.50), made from the type's arguments. */
const idPatterns: Readonly<Record<string, string>> = {
  google_compute_address: "projects/{project}/regions/{region}/addresses/{name}",
  google_compute_network: "projects/{project}/global/networks/{name}",
  google_compute_router: "projects/{project}/regions/{region}/routers/{name}",
  google_compute_router_nat: "projects/{project}/regions/{region}/routers/{router}/{name}",
  google_compute_subnetwork: "projects/{project}/regions/{region}/subnetworks/{name}",
  google_container_cluster: "projects/{project}/locations/{location}/clusters/{name}",
  google_container_node_pool: "{cluster}/nodePools/{name}",
  google_dns_managed_zone: "projects/{project}/managedZones/{name}",
  google_dns_record_set: "projects/{project}/managedZones/{managed_zone}/rrsets/{name}/{type}",
  google_gke_backup_backup_plan: "projects/{project}/locations/{location}/backupPlans/{name}",
  google_kms_crypto_key: "{key_ring}/cryptoKeys/{name}",
  google_kms_key_ring: "projects/{project}/locations/{location}/keyRings/{name}",
  google_project_iam_custom_role: "projects/{project}/roles/{role_id}",
};

/**
 * Commands that import what Terraform could not make because it exists already.
 *
 * @param said the output of Terraform, on one line
 * @param folder of the stack, relative to the current folder
 * @returns undefined for another failure
 */
export function importAdvice(said: string, stack: StackFile, folder: string): string | undefined {
  const failures = said.split(/\bError: /).filter((text) => /already exists/i.test(text));
  const addresses = failures.flatMap((text) => / with ([a-z_]+\.[\w-]+)/.exec(text)?.[1] ?? []);
  const commands = addresses.flatMap((address) => takeOver(address, stack, folder));
  if (commands.length === 0) return undefined;
  return [
    "It exists in the project already, from a killed deployment or an earlier hub, and is not in " +
      "Terraform's state. If it belongs to this fleet, import it, and run it again:",
    ...new Set(commands),
  ].join("\n  ");
}

function takeOver(address: string, stack: StackFile, folder: string): readonly string[] {
  const id = importId(address, stack);
  if (id === undefined) return [];
  const [type = ""] = address.split(".");
  const command = `terraform -chdir=${shellWord(folder)} import ${address} ${id}`;
  if (type === "google_container_cluster") return [command, removeFirstPool(id)];
  if (type === "google_kms_crypto_key") return [command, newVersion(id)];
  // A key ring of an earlier hub has its keys as well.
  const keys = type === "google_kms_key_ring" ? keysOf(address, stack) : [];
  return [command, ...keys.flatMap((key) => takeOver(key, stack, folder))];
}

/** GKE's default pool remains if the creation of the cluster was interrupted. */
function removeFirstPool(clusterId: string): string {
  const [, project, , location, , cluster] = clusterId.split("/");
  return (
    `gcloud container node-pools delete default-pool --cluster=${cluster} ` +
    `--location=${location} --project=${project} # if it still exists`
  );
}

/** The earlier versions were destroyed with the earlier hub. */
function newVersion(keyId: string): string {
  const [, project, , location, , ring, , key] = keyId.split("/");
  return (
    `gcloud kms keys versions create --primary --key=${key} --keyring=${ring} ` +
    `--location=${location} --project=${project} # if none is enabled`
  );
}

function keysOf(ringAddress: string, { resource }: StackFile): readonly string[] {
  return Object.entries(resource?.["google_kms_crypto_key"] ?? {})
    .filter(([, { key_ring }]) => key_ring === `\${${ringAddress}.id}`)
    .map(([id]) => `google_kms_crypto_key.${id}`);
}

/** The provider's import id of a resource; undefined for an unknown type. */
export function importId(address: string, stack: StackFile): string | undefined {
  const [type = "", id = ""] = address.split(".");
  const pattern = idPatterns[type];
  const own = stack.resource?.[type]?.[id];
  if (pattern === undefined || own === undefined) return undefined;
  const values: Values = { ...stack.provider?.google?.[0], ...own };
  return pattern.replaceAll(/\{(\w+)\}/g, (_, key: string) => resolved(values[key], stack));
}

/** A value, or the value of its reference: `${google_compute_router.network_router.name}`. */
function resolved(value: unknown, stack: StackFile): string {
  const text = String(value);
  const [, address = "", field = ""] = /^\$\{(\w+\.[\w-]+)\.(\w+)\}$/.exec(text) ?? [];
  if (address === "") return text;
  if (field === "id") return importId(address, stack) ?? text;
  const [type = "", id = ""] = address.split(".");
  return resolved(stack.resource?.[type]?.[id]?.[field], stack);
}
