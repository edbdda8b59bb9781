/**
 * The cloud of the hub, as `flotilla deploy` and `flotilla destroy` meet it: the real terraform with the real
 * providers, an emulated Google whose cluster is the hub's node, and a chart repository on loopback.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeArgoChart } from "../argo-chart.ts";
import { writePrograms } from "../google/own-cluster.ts";
import { mirrorEnvironment } from "../google/terraform.ts";
import type { Pair } from "./certificates.ts";
import type { CloudAnswer } from "./cloud-process.ts";
import { peer } from "./control-plane.ts";
import { manifestText, type KubernetesObject } from "./nodes/manifests.ts";
import type { Project } from "./project.ts";
import { baseEnvironment, run, type Processes } from "./processes.ts";

export interface CloudOptions {
  readonly project: string;
  readonly namespace: string;
  readonly folder: string;
  /** The hub's API server: `HOST:PORT`. */
  readonly endpoint: string;
  /** The file of the authority of its certificate. */
  readonly authority: string;
  readonly administrator: Pair;
}

export interface Cloud {
  /** Variables for the operator's commands, which run in the namespace. */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes a chart of Argo CD's name and version. @returns the URL of its repository */
  makeArgoChart(objects: string): Promise<string>;
  /** Runs a command that Flotilla printed. */
  follow(command: string): Promise<string>;
  /** Ends it. @returns the paths of what is left, without the enabled APIs */
  end(): Promise<readonly string[]>;
}

export async function startCloud(processes: Processes, options: CloudOptions): Promise<Cloud> {
  const { project, namespace, folder, endpoint, authority, administrator } = options;
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const service = processes.service({
    name: "cloud",
    namespace,
    command: [
      process.execPath,
      "--import",
      import.meta.resolve("tsx"),
      join(import.meta.dirname, "cloud-process.ts"),
      project,
      endpoint,
      folder,
    ],
    ready: () => existsSync(file("cloud.json")),
  });
  await service.start();
  const answer = JSON.parse(readFileSync(file("cloud.json"), "utf8")) as CloudAnswer;
  writePrograms(file("bin"), { user: administrator, kubectl: peer("kubectl-1.35.2") });
  const environment = {
    ...answer.environment,
    ...mirrorEnvironment(folder),
    KUBECONFIG: file("kubeconfig"),
    PATH: `${file("bin")}:${baseEnvironment.PATH}`,
    // Google's endpoint has a certificate that every computer trusts.
    SSL_CERT_FILE: authority,
    // Google's provider asks who its user is, at an address that no variable changes, and does without an
    // answer. It would wait for minutes for a network that is silent.
    HTTPS_PROXY: "http://127.0.0.1:9",
    NO_PROXY: endpoint.split(":")[0] ?? "",
  };
  return {
    environment,
    makeArgoChart: async (objects) => {
      await makeArgoChart(file("charts"), answer.chartsUrl, objects);
      return answer.chartsUrl;
    },
    follow: (command) => run(command.split(" "), { namespace, environment }),
    end: async () => {
      await service.stop();
      const { resources, unknown } = JSON.parse(
        readFileSync(file("left.json"), "utf8"),
      ) as Readonly<Record<"resources" | "unknown", readonly string[]>>;
      if (unknown.length > 0) throw new Error(`Google does not know ${unknown.join(", ")}`);
      return resources.filter((path) => !path.startsWith("serviceusage/"));
    },
  };
}

/** As an operator does in a new project: what is missing first, as Flotilla says it. */
export async function deployTo(
  cloud: Cloud,
  { flotilla, takeArgoChartFrom }: Project,
  namespace: string,
  argoCd: readonly KubernetesObject[],
): Promise<void> {
  // Terraform makes the namespace.
  const inNamespace = argoCd.filter(({ kind }) => kind !== "Namespace");
  takeArgoChartFrom(await cloud.makeArgoChart(manifestText(inNamespace)));
  const deploy = () => flotilla(["deploy", "--yes"], namespace, cloud.environment);
  const refusal = await deploy().then(
    () => "",
    (error: unknown) => String(error),
  );
  const [, missing] = /→ (gcloud services enable .*)$/m.exec(refusal) ?? [];
  if (missing === undefined) throw new Error(`APIs must be missing first:\n${refusal}`);
  await cloud.follow(missing);
  await deploy();
}
