/**
 * A user of the operating system: who can log in, by SSH or at the console. Fedora CoreOS has the user
 * `core`, who may use sudo; Ignition creates the others (useradd).
 */
import { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface LocalUserProps {
  readonly name: string;
  /** OpenSSH public keys. @default none */
  readonly keys?: readonly string[];
  /** The hash of a password, as crypt(5) has it: a secret. @default no password */
  readonly passwordHash?: string;
  /** Groups besides the user's own. @default none */
  readonly groups?: readonly string[];
}

export class LocalUser extends Construct {
  constructor(scope: Construct, id: string, props: LocalUserProps) {
    super(scope, id);
    const { name, keys = [], passwordHash, groups = [] } = props;
    EdgeDevice.of(this).addUser(this, {
      name,
      ...(keys.length > 0 && { ssh_authorized_keys: keys }),
      ...(passwordHash !== undefined && { password_hash: passwordHash }),
      ...(groups.length > 0 && { groups }),
    });
  }
}
