/**
 * cert-manager's pods: its own chart with the values of the state repository. The webhook and the
 * cainjector are omitted: their commands are nested modules, which the module proxy does not have.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../control-plane.ts";
import { run } from "../processes.ts";
import { manifestText, objectsOf, type KubernetesObject } from "./manifests.ts";

interface Source {
  readonly helm?: { readonly valuesObject: object };
}

interface ChartApplication extends KubernetesObject {
  /** The chart alone, or beside it objects of Flotilla. */
  readonly spec: { readonly source?: Source; readonly sources?: readonly Source[] };
}

const componentLabel = "app.kubernetes.io/component";
const leftOut = ["webhook", "cainjector"];

/**
 * @param state `hub/platform/cert-manager.yaml`
 * @returns what the chart makes, as text
 */
export async function certManagerText(state: string, folder: string): Promise<string> {
  const application = objectsOf(state).find(({ kind }) => kind === "Application");
  const { source, sources = [] } = (application as ChartApplication).spec;
  const helm = [...(source ? [source] : []), ...sources].find((one) => one.helm)?.helm;
  if (helm === undefined) throw new Error("cert-manager's Application has no chart");
  mkdirSync(folder, { recursive: true });
  const values = join(folder, "cert-manager-values.json");
  writeFileSync(values, JSON.stringify(helm.valuesObject));
  const chart = peer("cert-manager-chart-1.21.1");
  const namespace = "cert-manager";
  const command = [peer("helm-4.1.4"), "template", "cert-manager", chart, "--values", values];
  const text = await run([...command, "--namespace", namespace]);
  return manifestText(
    objectsOf(text).filter(
      ({ kind, metadata }) =>
        kind !== "CustomResourceDefinition" &&
        !leftOut.includes(metadata.labels?.[componentLabel] ?? ""),
    ),
  );
}
