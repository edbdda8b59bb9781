/** What a chart's own templates make of values, by the real helm. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { objectsOf, type Container, type KubernetesObject } from "../../e2e/nodes/manifests.ts";
import { run } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";

export interface ChartOptions {
  /** The name of the peer. */
  readonly chart: string;
  /** For the values. */
  readonly folder: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly release: string;
  readonly namespace: string;
}

export async function renderedChart(options: ChartOptions): Promise<readonly KubernetesObject[]> {
  const { chart, folder, values, release, namespace } = options;
  const file = join(folder, `${chart}.json`);
  writeFileSync(file, JSON.stringify(values));
  const [helm = "", source = ""] = ["helm-4.1.4", chart].map((name) => peerPath(name) ?? "");
  const command = [helm, "template", release, source, "--namespace", namespace];
  return objectsOf(await run([...command, "--values", file]));
}

/** The arguments of the first container of a Deployment. */
export function argumentsOf(all: readonly KubernetesObject[], deployment: string): string[] {
  interface Deployment extends KubernetesObject {
    readonly spec: { readonly template: { readonly spec: { readonly containers: Program[] } } };
  }
  type Program = Container & { readonly args: string[] };
  const found = all.find(
    ({ kind, metadata }) => kind === "Deployment" && metadata.name === deployment,
  );
  const [container] = (found as Deployment | undefined)?.spec.template.spec.containers ?? [];
  if (container === undefined) throw new Error(`the chart makes no ${deployment}`);
  return container.args;
}
