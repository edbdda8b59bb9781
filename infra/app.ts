import { App, Aspects, TerraformStack } from "cdktf";
import { stackNames } from "../fleet/model/contract.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { cloudOf } from "./clouds.ts";
import { ArgoCdStack } from "./stacks/argocd.ts";
import { GitHubStack } from "./stacks/github.ts";
import { HubStack } from "./stacks/hub.ts";

export interface HubAppProps {
  readonly fleet: Fleet;
  /** Existing folder that `synth` writes to: `manifest.json` and `stacks/<stack>/`. */
  readonly outdir: string;
}

/**
 * The stacks of a fleet's hub. Like every App of cdktf it also reads CDKTF_CONTEXT_JSON and
 * SYNTH_HCL_OUTPUT from the environment; cli/project/infra-files.ts runs it without them.
 */
export class HubApp extends App {
  readonly argoCd: ArgoCdStack;
  readonly #fleet: Fleet;
  #hub: HubStack | undefined;

  constructor({ fleet, outdir }: HubAppProps) {
    super({ outdir, stackTraces: false });
    const { repository } = fleet;
    if (repository.github !== undefined) new GitHubStack(this, stackNames.repository, { fleet });
    this.#fleet = fleet;
    const { makesCluster } = cloudOf(fleet);
    if (makesCluster) this.#hub = new HubStack(this, stackNames.hub, { fleet });
    this.argoCd = new ArgoCdStack(this, stackNames.argoCd, { fleet });
    if (this.#hub !== undefined) this.argoCd.addDependency(this.#hub);
  }

  /** On an existing cluster, the stack is made when something uses it. */
  get hub(): HubStack {
    this.#hub ??= new HubStack(this, stackNames.hub, { fleet: this.#fleet });
    return this.#hub;
  }

  override synth(): void {
    // cdktf applies the Aspects of a stack and its children only, not those of the app.
    for (const stack of this.node.findAll().filter(TerraformStack.isStack)) {
      for (const aspect of Aspects.of(this).all) Aspects.of(stack).add(aspect);
    }
    super.synth();
  }
}
