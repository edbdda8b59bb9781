/**
 * A chart repository with a chart in place of Argo CD's, of its name and version, with Argo CD's kinds.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { run } from "./e2e/processes.ts";
import { peerPath } from "./peers/peers.ts";

/** What it is made with. */
export const argoChartPeers = ["helm-4.1.4", "argo-cd-crds-3.6.1"] as const;

/**
 * @param folder is made, with the chart and the index of the repository
 * @param url of the repository
 * @param objects what it installs, as YAML. @default a ConfigMap that shows a value, and the further objects
 */
export async function makeArgoChart(folder: string, url: string, objects?: string): Promise<void> {
  const [helm = "", definitions = ""] = argoChartPeers.map(peerPath);
  const source = `${folder}-source`;
  for (const name of ["templates", "crds"]) mkdirSync(join(source, name), { recursive: true });
  writeFileSync(join(source, "Chart.yaml"), "apiVersion: v2\nname: argo-cd\nversion: 10.1.1\n");
  const whole = '{{ .Files.Get "objects.yaml" }}';
  writeFileSync(join(source, "templates/objects.yaml"), objects === undefined ? small : whole);
  if (objects !== undefined) writeFileSync(join(source, "objects.yaml"), objects);
  for (const file of readdirSync(definitions)) {
    copyFileSync(join(definitions, file), join(source, "crds", file));
  }
  await run([helm, "package", source, "--destination", folder]);
  await run([helm, "repo", "index", folder, "--url", url]);
}

/** Serves the folder of a chart repository on loopback. The folder may be made later. */
export async function serveCharts(
  folder: string,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    response.end(readFileSync(join(folder, request.url?.split("?")[0] ?? "")));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const small =
  "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: argocd-cm }\n" +
  "data: { url: 'https://{{ .Values.global.domain }}' }\n" +
  "{{ range .Values.extraObjects }}---\n{{ toYaml . }}\n{{ end }}";
