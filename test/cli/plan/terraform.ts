/** A plan of Terraform as JSON. */

/** As Terraform 1.13 prints it, of a plan with one change of each kind. */
export const terraformText = JSON.stringify({
  format_version: "1.2",
  terraform_version: "1.13.4",
  planned_values: {},
  resource_changes: [
    resource("google_compute_network.hub", ["no-op"]),
    resource("google_container_cluster.hub", ["update"], {
      before: { location: "a", password: "old-secret" },
      after: { location: "a", password: "new-secret" },
      after_unknown: { endpoint: true },
    }),
    resource("google_compute_address.old", ["delete"]),
    resource("google_container_node_pool.pool", ["delete", "create"], {
      replace_paths: [["node_config", 0, "machine_type"]],
    }),
    resource('google_dns_record_set.page["grafana"]', ["create"]),
    { ...resource("data.google_client_config.me", ["read"]), mode: "data" },
  ],
  output_changes: { gateway: { actions: ["update"] }, name: { actions: ["no-op"] } },
});

function resource(address: string, actions: readonly string[], change: object = {}) {
  return { address, mode: "managed", change: { actions, before: null, after: null, ...change } };
}
