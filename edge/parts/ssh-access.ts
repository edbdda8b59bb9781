/** Who can log in, as Fedora CoreOS' user `core`. */
import { Construct } from "constructs";
import { z } from "zod";
import { sshKey } from "../../fleet/grammar/value-schemas.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

export interface SshAccessProps {
  /** OpenSSH public keys; nobody can log in if there is none. */
  readonly keys: readonly string[];
}

const schema = z.object({ keys: z.array(sshKey) });

export class SshAccess extends Construct {
  constructor(scope: Construct, id: string, props: SshAccessProps) {
    super(scope, id);
    requireProps(this, props, schema);
    if (props.keys.length === 0) return;
    EdgeDevice.of(this).addUser(this, { name: "core", ssh_authorized_keys: props.keys });
  }
}
