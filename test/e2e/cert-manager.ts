/**
 * cert-manager's own controllers (test/peers/cert-manager) as a process beside the hub.
 *
 * Traps handled here:
 * - There is no webhook: what it would default or refuse is neither defaulted nor refused.
 * - `applyCertManagerDefinitions` comes first: the controllers wait for their kinds for ever.
 */
import { applyDefinitions } from "./argo-cd.ts";
import { peer, type ControlPlane } from "./control-plane.ts";
import type { Processes, Service } from "./processes.ts";

export function certManager(processes: Processes, hub: ControlPlane, namespace: string): Service {
  return processes.service({
    name: "cert-manager",
    namespace,
    command: [peer("cert-manager-1.21.1-2"), `--kubeconfig=${hub.kubeconfig}`],
  });
}

export function applyCertManagerDefinitions(hub: ControlPlane): Promise<void> {
  return applyDefinitions(hub, "cert-manager-crds-1.21.1");
}
