/**
 * `make e2e`: the system in operation on real parts. Prints a table of what was shown and how long it
 * took, and exits with 1 where a proof fails. Logs of every process stay in a folder that it names.
 * Where a part is missing it says which and what to do, and exits with 2. CI, which may not have had
 * the time to build every part, allows that: `make e2e ARGUMENTS=--allow-missing`.
 *
 *   node --import tsx test/e2e/main.ts [--allow-missing] [folder]
 *
 * as root, after `test/peers/build.sh e2e`.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { argoCdPeers } from "./argo-cd.ts";
import { processes } from "./processes.ts";
import { proofs } from "./proofs.ts";
import { format, missingParts } from "./report.ts";
import { world } from "./world.ts";

const peers = [
  ...Object.values(argoCdPeers),
  "cert-manager-1.21.1-2",
  "cert-manager-chart-1.21.1",
  "cert-manager-crds-1.21.1",
  "helm-4.1.4",
  "kine-0.16.4",
  "kube-router-2.1.0",
  "kubectl-1.35.2",
  "kubernetes-1.36.3-2",
  "kwok-0.8.0",
  "kwok-stages-0.8.0.yaml",
  "node-24.21.0",
  "node-exporter-1.12.1",
];
const programs = ["curl", "git", "ip", "nft", "openssl", "redis-server", "squid", "wg"].concat([
  "nsenter",
  "setpriv",
  "unshare",
  "wireguard-go",
  "busybox",
  "conntrack",
  "containerd",
  "gpg",
  "ipset",
  "iptables",
  "pgrep",
  "runc",
  "tini",
]);

const { values: options, positionals } = parseArgs({
  options: { "allow-missing": { type: "boolean", default: false } },
  allowPositionals: true,
});

const missing = missingParts(peers, programs);
if (missing.length > 0) {
  const isAllowed = options["allow-missing"];
  const said =
    `${isAllowed ? "SKIPPED" : "FAILED"}: the system in operation needs ${missing.join(", ")}.\n` +
    "As root, test/peers/build.sh e2e gets all of it: some 30 minutes on 2 cores.";
  (isAllowed ? console.log : console.error)(said);
  process.exit(isAllowed ? 0 : 2);
}

const folder = positionals[0] ?? mkdtempSync(join(tmpdir(), "flotilla-e2e-"));
console.log(`Logs: ${folder}`);

async function main(): Promise<number> {
  const all = processes(folder);
  const made = await world(all);
  try {
    for (const { name, run } of proofs) {
      console.log(`\n${name}`);
      for (const row of await run(made)) console.log(format(row));
    }
    console.log("\nAll proofs hold.");
    return 0;
  } catch (error) {
    console.error("\nFAILED", error);
    return 1;
  } finally {
    await all.end();
    made.network.remove();
  }
}

process.exit(await main());
