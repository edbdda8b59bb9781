/** The report of `flotilla bootstrap` as text, and the next steps. */
import { shellWord } from "../../../fleet/model/shell-word.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { argoNamespace, argoRelease } from "../../../fleet/model/contract.ts";
import { formatTable } from "../../terminal/session.ts";
import type { BootstrapReport } from "./bootstrap.ts";
import type { HubOptions } from "../kubectl/kubectl.ts";
import { statePath } from "../../../fleet/model/state-layout.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

/** A line for each object. */
export function formatBootstrap({ objects, dryRun }: BootstrapReport): string {
  const rows = objects.map(({ change, kind, namespace, name }) => [
    dryRun && (change === "placed" || change === "replaced") ? `to be ${change}` : change,
    kind,
    namespace === null ? name : `${namespace}/${name}`,
  ]);
  return formatTable(rows);
}

/** @param stateFolder the folder of the state, relative to the current folder */
export function nextSteps(
  { pins }: Pick<Fleet, "pins">,
  { context, dryRun, isRunning }: BootstrapReport,
  stateFolder: string,
  { kubeconfig }: Pick<HubOptions, "kubeconfig">,
): readonly string[] {
  if (dryRun) return ["Nothing was written (--dry-run)."];
  if (isRunning) return [`Argo CD runs here. See the fleet: ${flotillaCommand("status")}`];
  const { repository, version } = pins.charts["argo-cd"];
  const config = kubeconfig === undefined ? "" : ` --kubeconfig ${shellWord(kubeconfig)}`;
  const file = (kind: "argoCdValues" | "root") =>
    shellWord(`${stateFolder}/${statePath({ kind })}`);
  return [
    "Next, install Argo CD and apply the root Application; Argo CD does the rest:",
    `  helm upgrade --install ${argoRelease} argo-cd --repo ${repository} --version ${version} \\`,
    `   ${config} --kube-context ${context} --namespace ${argoNamespace} \\`,
    `    --values ${file("argoCdValues")} --wait --timeout 15m`,
    `  kubectl${config} --context ${context} apply --filename ${file("root")}`,
    `Then watch the devices: ${flotillaCommand("status")} --watch`,
  ];
}
