import { join } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider/index.js";
import { Release } from "@cdktf/provider-helm/lib/release/index.js";
import { Fn, TerraformAsset, TerraformLocal, TerraformStack } from "cdktf";
import type { Precondition } from "cdktf";
import type { Construct } from "constructs";
import { installationFolder } from "../../fleet/files/installation.ts";
import { argoNamespace, argoRelease } from "../../fleet/model/contract.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { statePath, type StateFile } from "../../fleet/model/state-layout.ts";
import { cloudOf } from "../clouds.ts";
import { configureTerraform, outputFolderOf, outputFromStack } from "./settings.ts";

export interface ArgoCdStackProps {
  readonly fleet: Fleet;
}

/**
 * Argo CD on the hub, and the one Application from which everything else follows.
 *
 * From then on Argo CD manages itself from Git, with the same file of values that Terraform reads
 * here. So Terraform installs it and never changes it after that: otherwise Terraform and Argo CD
 * would revert each other whenever one of them is behind. The root Application and its project are
 * in Git too, but Terraform changes them: so they follow when the state repository moves.
 */
export class ArgoCdStack extends TerraformStack {
  constructor(scope: Construct, id: string, { fleet }: ArgoCdStackProps) {
    super(scope, id);
    configureTerraform(this, fleet);
    const { kubernetes } = cloudOf(fleet).addAccess(this);
    new HelmProvider(this, "helm", { kubernetes });

    const argoCd = this.#addArgoCd(fleet);
    // A chart of the objects that its values name. Terraform's own resource for a manifest needs the
    // schema from the cluster during the plan, when the kind Application does not exist yet.
    const chart = join(installationFolder(), "infra", "charts", "objects");
    const objects = new TerraformAsset(this, "objects", { path: chart });
    const release = { namespace: argoNamespace, chart: `./${objects.path}`, dependsOn: [argoCd] };
    const root = new ReadStateFile(this, fleet, "root_file", { kind: "root" });
    new Release(this, "root", {
      ...release,
      name: "flotilla-root",
      values: [Fn.yamlencode({ objects: root.documents(2) })],
      // A hub that was published to before has them from Git.
      takeOwnership: true,
      lifecycle: { precondition: [root.exists] },
    });
    if (fleet.administrators.length > 0) {
      const binding = administratorsBinding(fleet.administrators);
      new Release(this, "administrators", {
        ...release,
        name: "flotilla-administrators",
        values: [JSON.stringify({ objects: [binding] })],
      });
    }
  }

  #addArgoCd(fleet: Fleet): Release {
    const { repository, version } = fleet.pins.charts["argo-cd"];
    const values = new ReadStateFile(this, fleet, "values_file", { kind: "argoCdValues" });
    return new Release(this, "argo_cd", {
      // As in the state repository: Argo CD adopts this release.
      name: argoRelease,
      namespace: argoNamespace,
      createNamespace: true,
      repository,
      chart: "argo-cd",
      version,
      values: [Fn.try([values.text, ""])],
      // The first nodes of a new cluster have to pull all of its images.
      timeout: 900,
      lifecycle: {
        ignoreChanges: ["repository", "version", "values"],
        precondition: [values.exists],
      },
    });
  }
}

/** A file of the state repository, as synthesized on the machine that runs Terraform. */
class ReadStateFile extends TerraformLocal {
  readonly text: string;
  readonly exists: Precondition;

  constructor(stack: TerraformStack, fleet: Fleet, id: string, file: StateFile) {
    const path = `gitops/${statePath(file)}`;
    super(stack, id, outputFromStack(stack, fleet, path));
    this.text = Fn.file(this.asString);
    this.exists = {
      condition: Fn.fileexists(this.asString),
      errorMessage: `${outputFolderOf(fleet)}/${path} is missing. Run make first: it writes and publishes it.`,
    };
  }

  /** The objects of a file of YAML with so many of them; empty ones where there is no file. */
  documents(count: number): unknown[] {
    const documents = Fn.split("\n---\n", this.text);
    return Array.from({ length: count }, (_, index) =>
      Fn.try([Fn.yamldecode(Fn.element(documents, index)), {}]),
    );
  }
}

/**
 * For the people who run the platform, by name. Whoever may administer clusters in the project has
 * these rights by IAM already, so the deployment itself does not need the binding.
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
