/** What the commands need of the cloud that a fleet's hub is in. */
import type { Session } from "../../terminal/session.ts";
import type { Check } from "../checks/check.ts";
import type { CloudTools } from "../checks/tools.ts";

export interface CloudCommands extends CloudTools {
  /** Name of the hub's context in the kubeconfig. */
  readonly context: string;
  /** Whether the fleet file names the context. Commands use it then, and not the current one. */
  readonly isContextDeclared: boolean;
  /** Shell command that makes the context the current one. */
  readonly contextCommand: string;
  /**
   * Makes sure that the kubeconfig has the context.
   *
   * @returns false if the cluster does not exist
   * @throws OperationError if the cloud's program fails
   */
  readonly logIn: (session: Session) => Promise<boolean>;
  /** Checks what a hub needs in the cloud. @param machine the checks of the programs and logins */
  readonly checks: (
    machine: readonly Check[],
    session: Session,
  ) => Promise<readonly (readonly Check[])[]>;
  /** The hub's DNS records that nothing makes by itself: `gateway.edge.example. A 203.0.113.10`. */
  readonly records: readonly string[];
  /** The cluster that Terraform makes. @default it is not Flotilla's, and is never deleted */
  readonly madeCluster?: MadeCluster;
}

/** A cluster that Flotilla makes, and deletes. */
export interface MadeCluster {
  /** Whether the fleet file forbids to delete it. */
  readonly isProtected: boolean;
  /** Where it is: `the project corner-shops-hub`. */
  readonly place: string;
  /** Shell command that deletes a disk. @param disk its name in the cloud */
  readonly deleteDisk: (disk: string) => string;
  /** Shell command that shows what may still cost money after the hub is deleted. */
  readonly showCosts: string;
  /** Where Terraform's state is: `the bucket corner-shops-state`. @default beside the fleet file */
  readonly statePlace?: string;
}
