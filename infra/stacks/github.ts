import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { githubRepository } from "../../fleet/rules/github.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { PlainProvider, PlainResource } from "../plain.ts";
import { keepState } from "./state.ts";

export interface GitHubStackProps {
  readonly fleet: Fleet;
}

/**
 * The state repository on GitHub: private, its branch protected, and a key that may read it. Only
 * the public half of that key is known here; `flotilla bootstrap` takes the private one to the hub.
 */
export class GitHubStack extends TerraformStack {
  constructor(scope: Construct, id: string, { fleet }: GitHubStackProps) {
    super(scope, id);
    const { url, branch, github } = fleet.repository;
    const place = githubRepository(url);
    if (place === undefined) throw new Error(`no repository on GitHub: ${url}`);
    keepState(this, fleet);
    this.addOverride("terraform.required_version", ">= 1.5.0, < 2.0.0");
    // The token is $GITHUB_TOKEN or that of the gh program.
    new PlainProvider(this, "github", {
      source: "integrations/github",
      version: "6.9.0",
      arguments: { owner: place.owner },
    });

    const repository = new PlainResource(this, "repository", {
      type: "github_repository",
      arguments: {
        name: place.name,
        description: `State of the edge fleet ${fleet.name}, written by Flotilla, read by Argo CD`,
        visibility: "private",
        has_issues: false,
        has_projects: false,
        has_wiki: false,
        delete_branch_on_merge: true,
        // The history of the whole fleet is in it.
        archive_on_destroy: true,
      },
      lifecycle: { preventDestroy: true },
    });
    // `flotilla publish` pushes to the branch itself, so no review is asked for.
    new PlainResource(this, "branch", {
      type: "github_branch_protection",
      arguments: {
        repository_id: `\${${repository.fqn}.node_id}`,
        pattern: branch,
        enforce_admins: true,
        allows_force_pushes: false,
        allows_deletions: false,
      },
    });
    if (github?.deployKey !== undefined) {
      new PlainResource(this, "deploy_key", {
        type: "github_repository_deploy_key",
        arguments: {
          repository: `\${${repository.fqn}.name}`,
          title: `Argo CD of the edge fleet ${fleet.name}`,
          key: github.deployKey,
          read_only: true,
        },
      });
    }
    new TerraformOutput(this, "ssh_url", {
      value: `\${${repository.fqn}.ssh_clone_url}`,
      description: "What Argo CD clones with the deploy key",
    });
  }
}
