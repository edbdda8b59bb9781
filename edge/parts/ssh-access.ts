/** Who can log in, as Fedora CoreOS' user `core`. */
import { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface SshAccessProps {
  /** OpenSSH public keys; nobody can log in if there is none. */
  readonly keys: readonly string[];
}

export class SshAccess extends Construct {
  constructor(scope: Construct, id: string, props: SshAccessProps) {
    super(scope, id);
    if (props.keys.length === 0) return;
    EdgeDevice.of(this).addUser(this, { name: "core", ssh_authorized_keys: props.keys });
  }
}
