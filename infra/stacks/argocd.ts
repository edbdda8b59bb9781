import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { clusterAccess } from "../clouds.ts";
import { PlainProvider, PlainResource } from "../plain.ts";
import { keepState } from "./state.ts";
import { argoNamespace, argoRelease } from "../../fleet/model/contract.ts";
import { statePath } from "../../fleet/model/state-layout.ts";

export interface ArgoCdStackProps {
  readonly fleet: Fleet;
}

/** Where `synth` wrote the state repository's files, as Terraform sees it from the stack's folder. */
const state = "${path.module}/../../../gitops";

const valuesPath = statePath({ kind: "argoCdValues" });
const rootPath = statePath({ kind: "root" });

/**
 * Argo CD on the hub, and the one Application from which everything else follows.
 *
 * From then on Argo CD manages itself from Git, with the very file of values that is read here. So
 * Terraform installs it and never changes it after that: two managers would undo each other's work
 * whenever one of them is behind. The root Application is nobody else's and stays Terraform's.
 */
export class ArgoCdStack extends TerraformStack {
  constructor(scope: Construct, id: string, { fleet }: ArgoCdStackProps) {
    super(scope, id);
    keepState(this, fleet);
    this.addOverride("terraform.required_version", ">= 1.5.0, < 2.0.0");
    const { host, login } = clusterAccess[fleet.cloud.provider](this, fleet);
    new PlainProvider(this, "helm", {
      source: "hashicorp/helm",
      version: "3.1.1",
      arguments: { kubernetes: { host, exec: login } },
    });

    const chart = fleet.pins.charts["argo-cd"];
    const argoCd = new PlainResource(this, "argo_cd", {
      type: "helm_release",
      arguments: {
        // As the state repository has them: Argo CD takes them over.
        name: argoRelease,
        namespace: argoNamespace,
        create_namespace: true,
        repository: chart.repository,
        chart: "argo-cd",
        version: chart.version,
        values: [readText(valuesPath)],
        // The first nodes of a new cluster have all of its images to fetch.
        timeout: 900,
      },
      lifecycle: {
        ignoreChanges: ["repository", "version", "values"],
        precondition: [isThere(valuesPath)],
      },
    });
    new PlainResource(this, "root", {
      type: "helm_release",
      arguments: {
        name: "flotilla-root",
        namespace: argoNamespace,
        chart: `./${objectsChart}`,
        values: [`\${yamlencode({objects = [${readObject(rootPath)}]})}`],
      },
      lifecycle: { precondition: [isThere(rootPath)] },
      dependsOn: [argoCd],
    });
    if (fleet.administrators.length > 0) {
      new PlainResource(this, "administrators", {
        type: "helm_release",
        arguments: {
          name: "flotilla-administrators",
          namespace: argoNamespace,
          chart: `./${objectsChart}`,
          values: [JSON.stringify({ objects: [administratorsBinding(fleet.administrators)] })],
        },
        dependsOn: [argoCd],
      });
    }
  }
}

/** The text of a file of the state repository; empty where there is none, which isThere tells. */
function readText(path: string): string {
  return `\${try(file("${state}/${path}"), "")}`;
}

/** A Kubernetes object of the state repository as an expression of Terraform. */
function readObject(path: string): string {
  return `try(yamldecode(file("${state}/${path}")), {})`;
}

function isThere(path: string) {
  return {
    condition: `\${fileexists("${state}/${path}")}` as unknown as boolean,
    errorMessage: `There is no dist/gitops/${path}. Run make first: it writes and publishes it.`,
  };
}

/**
 * For the people who run the platform, by name. Whoever may administer clusters in the project has
 * these rights by IAM already, so nobody needs it for the deployment itself.
 */
function administratorsBinding(administrators: Fleet["administrators"]): unknown {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "flotilla-administrators" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: administrators.map((administrator) => {
      const [kind, mail] = administrator.split(":");
      return {
        apiGroup: "rbac.authorization.k8s.io",
        kind: kind === "group" ? "Group" : "User",
        name: mail,
      };
    }),
  };
}

const objectsChart = "objects";

/**
 * The files that the stack needs beside its JSON, by their path in the stack's folder: a chart of
 * whatever objects its values name. Terraform's own resource for a manifest asks the cluster for its
 * schema when it plans, and so can't be planned before Argo CD has brought the kind Application.
 */
export const argoCdFiles: readonly (readonly [path: string, text: string])[] = [
  [
    `${objectsChart}/Chart.yaml`,
    "apiVersion: v2\nname: objects\ndescription: The objects that its values name\nversion: 1.0.0\n",
  ],
  [
    `${objectsChart}/templates/objects.yaml`,
    "{{- range .Values.objects }}\n---\n{{ toYaml . }}\n{{- end }}\n",
  ],
];
