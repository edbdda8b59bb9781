/**
 * A chart repository with a small chart in place of Argo CD's, of its name and version: one template
 * that shows a value and has the further objects, and Argo CD's kinds.
 */
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./e2e/processes.ts";
import { peerPath } from "./peers/peers.ts";

/** What it is made with. */
export const argoChartPeers = ["helm-4.1.4", "argo-cd-crds-3.6.1"] as const;

/**
 * @param folder is made, with the chart and the index of the repository
 * @param url of the repository
 */
export async function makeArgoChart(folder: string, url: string): Promise<void> {
  const [helm = "", definitions = ""] = argoChartPeers.map(peerPath);
  const source = `${folder}-source`;
  for (const name of ["templates", "crds"]) mkdirSync(join(source, name), { recursive: true });
  writeFileSync(join(source, "Chart.yaml"), "apiVersion: v2\nname: argo-cd\nversion: 10.1.1\n");
  writeFileSync(
    join(source, "templates/domain.yaml"),
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: argocd-cm }\n" +
      "data: { url: 'https://{{ .Values.global.domain }}' }\n" +
      "{{ range .Values.extraObjects }}---\n{{ toYaml . }}\n{{ end }}",
  );
  for (const file of readdirSync(definitions)) {
    copyFileSync(join(definitions, file), join(source, "crds", file));
  }
  await run([helm, "package", source, "--destination", folder]);
  await run([helm, "repo", "index", folder, "--url", url]);
}
