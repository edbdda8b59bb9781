/**
 * The life of the example's hub: made, found unchanged, edited in place, protected, taken down.
 * Edits are those of an operator: a line of fleet.yaml is replaced, and the stack is made again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { startEmulator } from "./server.ts";
import type { Emulator } from "./server.ts";
import { Workspace, announced, missing } from "./terraform.ts";

const root = join(import.meta.dirname, "..", "..");
const project = "harborpine-edge-hub";

/** In fleet.yaml: what is replaced, by what, and which resources change in place by it. */
const edits: readonly (readonly [
  name: string,
  from: string,
  to: string,
  changes: Readonly<Record<string, string>>,
])[] = [
  [
    "more nodes",
    "maxNodes: 3",
    "maxNodes: 5",
    { "google_container_node_pool.cluster_general": "updated in-place" },
  ],
  [
    "larger nodes",
    "machineType: e2-standard-2",
    "machineType: e2-standard-4",
    { "google_container_node_pool.cluster_general": "updated in-place" },
  ],
  [
    "a larger range for the nodes",
    "nodes: 10.0.0.0/17",
    "nodes: 10.0.0.0/16",
    { "google_compute_subnetwork.network_subnet": "updated in-place" },
  ],
  [
    "another maintenance window",
    "  nodePool:\n",
    '  maintenance: { days: [Fri, Sat, Sun], start: "04:00", lengthMinutes: 300 }\n  nodePool:\n',
    { "google_container_cluster.cluster_gke": "updated in-place" },
  ],
  [
    "Secrets encrypted by Cloud KMS",
    "  nodePool:\n",
    "  encryption: kms\n  nodePool:\n",
    {
      "google_container_cluster.cluster_gke": "updated in-place",
      "google_kms_crypto_key.encryption_key": "created",
      "google_kms_crypto_key_iam_member.encryption_grant": "created",
      "google_kms_key_ring.encryption_ring": "created",
      "google_project_service.services_cloudkms": "created",
    },
  ],
  [
    "a nightly backup",
    "  nodePool:\n",
    "  backup: true\n  nodePool:\n",
    {
      "google_container_cluster.cluster_gke": "updated in-place",
      "google_gke_backup_backup_plan.backup_plan": "created",
      "google_project_service.services_gkebackup": "created",
    },
  ],
  [
    "a smaller minimum and maximum",
    "minNodes: 1\n    maxNodes: 5",
    "minNodes: 2\n    maxNodes: 4",
    { "google_container_node_pool.cluster_general": "updated in-place" },
  ],
  [
    "spot machines",
    "  nodePool:\n",
    "  nodePool:\n    spot: true\n",
    { "google_container_node_pool.cluster_general": "replaced" },
  ],
  [
    "another address for the gateway's name",
    "domain: edge.harborpine.example\n",
    "domain: edge.harborpine.example\ntunnel: { endpoint: vpn.edge.harborpine.example:51820 }\n",
    { "google_dns_record_set.dns_gateway": "replaced" },
  ],
];

/** Without the hash that ends every name of cdktf. */
function short(changes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).map(([address, actions]) => [
      address.replace(/_[0-9A-F]{8}$/, ""),
      actions,
    ]),
  );
}

const describeHere = describe.skipIf(missing !== undefined);

describeHere(
  "the hub of the example, by the real terraform and the real google provider" +
    (missing === undefined ? "" : ` (skipped: ${missing})`),
  () => {
    let emulator: Emulator;
    let workspace: Workspace;
    let text = readFileSync(join(root, "fleet.yaml"), "utf8");

    /** Makes the stack of a changed fleet.yaml. */
    function write(changed: string): void {
      writeFileSync(join(workspace.folder, "fleet.yaml"), changed);
      workspace.write(loadFleet(join(workspace.folder, "fleet.yaml")).fleet);
    }

    beforeAll(async () => {
      emulator = await startEmulator(project);
      workspace = new Workspace(emulator.environment);
      write(text);
      expect((await workspace.run("init", "-input=false", "-no-color")).stderr).toBe("");
    });
    afterAll(async () => {
      workspace.remove();
      await emulator.close();
    });

    test("is made, each resource once", { timeout: 180_000 }, async () => {
      const { status, stderr, stdout } = await workspace.apply();
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(emulator.unknown).toEqual([]);
      expect(stdout).toMatch(/Apply complete! Resources: \d+ added, 0 changed, 0 destroyed/);
      expect(new Set(emulator.cloud.creations.values())).toEqual(new Set([1]));
    });

    test("is unchanged the second time", { timeout: 60_000 }, async () => {
      const { status, stdout } = await workspace.plan();
      expect(stdout).toContain("No changes. Your infrastructure matches the configuration.");
      expect(status).toBe(0);
    });

    // What one edit left undone would show up among the changes of the next.
    test.each(edits)("edit: %s", { timeout: 60_000 }, async (_name, from, to, changes) => {
      expect(text).toContain(from);
      text = text.replace(from, to);
      write(text);
      const result = await workspace.apply();
      expect(result.stderr).toBe("");
      expect(short(announced(result))).toEqual(changes);
      expect(emulator.unknown).toEqual([]);
    });

    test("a new pool comes before the old one goes", () => {
      const pools = /^(POST|DELETE) container\/.*(?<pool>nodePools(\/general\S*)?)$/;
      const found = emulator.requests.flatMap((line) => {
        const [, method, , name] = pools.exec(line) ?? [];
        return method === undefined ? [] : [`${method}${name ?? ""}`];
      });
      // Two pools when the hub was made; then that of spot machines.
      expect(found).toEqual(["POST", "POST", "POST", "DELETE/general"]);
    });

    test.each([
      [
        "the pods' range",
        "pods: 192.168.0.0/18",
        "pods: 192.168.128.0/18",
        "Google does not change a range that the cluster uses" +
          " (pods from 192.168.0.0/18 to 192.168.128.0/18). Undo the change",
      ],
      [
        "another region",
        "region: us-east1",
        "region: us-west1",
        "This change would delete the hub and make another one. Undo the change",
      ],
    ])("a deploy refuses %s", { timeout: 60_000 }, async (_name, from, to, words) => {
      expect(text).toContain(from);
      write(text.replace(from, to));
      const before = structuredClone(emulator.cloud.resources);
      expect(await workspace.failedDeploy()).toContain(words);
      expect(emulator.cloud.resources).toEqual(before);
      write(text);
    });

    test("is unchanged after the edits", { timeout: 60_000 }, async () => {
      expect((await workspace.plan()).stdout).toContain("No changes.");
    });

    test.each([
      ["another region", "region: us-east1", "region: us-west1"],
      ["one zone instead of a region", "  nodePool:\n", "  zone: us-east1-b\n  nodePool:\n"],
      ["another range for the nodes", "nodes: 10.0.0.0/16", "nodes: 10.64.0.0/16"],
    ])("refuses what would replace it: %s", { timeout: 60_000 }, async (_name, from, to) => {
      expect(text).toContain(from);
      write(text.replace(from, to));
      const before = [...emulator.cloud.resources.keys()];
      const result = await workspace.apply();
      expect(result.status).toBe(1);
      expect(result.stderr).toContain("Instance cannot be destroyed");
      expect(result.stderr).toContain("lifecycle.prevent_destroy");
      expect([...emulator.cloud.resources.keys()]).toEqual(before);
    });

    test("is not destroyed while it is protected", { timeout: 60_000 }, async () => {
      write(text);
      const before = [...emulator.cloud.resources.keys()];
      const result = await workspace.run("destroy", "-auto-approve", "-input=false", "-no-color");
      expect(result.status).toBe(1);
      expect(result.stderr).toContain("Instance cannot be destroyed");
      expect([...emulator.cloud.resources.keys()]).toEqual(before);
    });

    test("leaves nothing but what Google keeps", { timeout: 180_000 }, async () => {
      write(text.replace("  nodePool:\n", "  deletionProtection: false\n  nodePool:\n"));
      const unprotected = await workspace.apply();
      expect(unprotected.stderr).toBe("");
      expect(Object.values(announced(unprotected))).toEqual(
        Object.values(announced(unprotected)).map(() => "updated in-place"),
      );
      const result = await workspace.run("destroy", "-auto-approve", "-input=false", "-no-color");
      expect(result.stderr).toBe("");
      expect(result.status).toBe(0);
      expect(workspace.resources()).toEqual([]);
      const left = [...emulator.cloud.resources.keys()].filter(
        (path) => !path.startsWith("serviceusage/"),
      );
      // Google deletes neither a key ring nor a key; the key's versions are.
      const ring = `kms/projects/${project}/locations/us-east1/keyRings/harbor-pine-hub`;
      expect(left).toEqual([
        `cloudresourcemanager/projects/${project}`,
        ring,
        `${ring}/cryptoKeys/secrets`,
      ]);
      expect(emulator.cloud.get(`${ring}/cryptoKeys/secrets`)["destroyed"]).toBe(true);
      expect(emulator.cloud.bindings()).toEqual([]);
      expect(emulator.unknown).toEqual([]);
    });
  },
);
