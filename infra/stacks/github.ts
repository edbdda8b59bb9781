import { BranchProtection } from "@cdktf/provider-github/lib/branch-protection/index.js";
import { GithubProvider } from "@cdktf/provider-github/lib/provider/index.js";
import { RepositoryDeployKey } from "@cdktf/provider-github/lib/repository-deploy-key/index.js";
import { Repository } from "@cdktf/provider-github/lib/repository/index.js";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { githubRepository } from "../../fleet/rules/github-repository.ts";
import { configureTerraform } from "./settings.ts";

export interface GitHubStackProps {
  /** Its `repository.url` must be a repository on GitHub. */
  readonly fleet: Fleet;
}

/**
 * The state repository on GitHub: private, with a protected branch and a read-only key. Only the
 * public half of that key is known here; `flotilla bootstrap` gives the private half to the hub.
 */
export class GitHubStack extends TerraformStack {
  constructor(scope: Construct, id: string, { fleet }: GitHubStackProps) {
    super(scope, id);
    const { url, branch, github } = fleet.repository;
    const place = githubRepository(url);
    if (place === undefined) throw new Error(`not a repository on GitHub: ${url}`);
    configureTerraform(this, fleet);
    // The token is $GITHUB_TOKEN or that of the gh program.
    new GithubProvider(this, "github", { owner: place.owner });

    const repository = new Repository(this, "repository", {
      name: place.name,
      description: `State of the edge fleet ${fleet.name}, written by Flotilla, read by Argo CD`,
      visibility: "private",
      hasIssues: false,
      hasProjects: false,
      hasWiki: false,
      deleteBranchOnMerge: true,
      // It holds the history of the whole fleet.
      archiveOnDestroy: true,
      lifecycle: { preventDestroy: true },
    });
    // `flotilla publish` pushes to the branch itself, so no review is required.
    new BranchProtection(this, "branch", {
      repositoryId: repository.nodeId,
      pattern: branch,
      enforceAdmins: true,
      allowsForcePushes: false,
      allowsDeletions: false,
    });
    if (github?.deployKey !== undefined) {
      new RepositoryDeployKey(this, "deploy_key", {
        repository: repository.name,
        title: `Argo CD of the edge fleet ${fleet.name}`,
        key: github.deployKey,
        readOnly: true,
      });
    }
    new TerraformOutput(this, "ssh_url", {
      value: repository.sshCloneUrl,
      description: "URL that Argo CD clones with the deploy key",
    });
  }
}
