/**
 * A user of the operating system: who can log in, by SSH or at the console. Fedora CoreOS has the user
 * `core`, who may use sudo; Ignition creates the others (useradd).
 */
import { Construct } from "constructs";
import { z } from "zod";
import { userName } from "../../fleet/grammar/machine-schemas.ts";
import { sourceOf } from "../../fleet/grammar/program-values.ts";
import { sshKey } from "../../fleet/grammar/value-schemas.ts";
import { mistakeInName, userMistakes } from "../../fleet/resolve/machine/users.ts";
import { EdgeDevice } from "../device.ts";
import { inProps, isChecked, requireProps, secret } from "../props.ts";

export interface LocalUserProps {
  readonly name: string;
  /** OpenSSH public keys. @default none */
  readonly keys?: readonly string[];
  /** The hash of a password, as crypt(5) has it: a secret. @default no password */
  readonly passwordHash?: string;
  /** Groups besides the user's own. @default none */
  readonly groups?: readonly string[];
}

const schema = z.object({
  name: userName,
  keys: z.array(sshKey).optional(),
  passwordHash: secret("password-hash").optional(),
  groups: z.array(userName).max(32).optional(),
});

export class LocalUser extends Construct {
  constructor(scope: Construct, id: string, props: LocalUserProps) {
    super(scope, id);
    requireProps(this, props, schema, ({ mistake }) => {
      const message = mistakeInName(props.name);
      return message === undefined ? [] : [mistake(["name"], message)];
    });
    const { name, keys = [], passwordHash, groups = [] } = props;
    EdgeDevice.of(this).addUser(this, {
      name,
      ...(keys.length > 0 && { ssh_authorized_keys: keys }),
      ...(passwordHash !== undefined && { password_hash: passwordHash }),
      ...(groups.length > 0 && { groups }),
    });
    if (isChecked(this)) return;
    this.node.addValidation({ validate: () => groupMistakes(this, props) });
  }
}

/** A group can be that of another user, who may come later, or one of a snippet. */
function groupMistakes(part: LocalUser, { name, groups = [] }: LocalUserProps): string[] {
  const { owners, snippets } = EdgeDevice.of(part);
  const others = [...owners.users.keys()].map((user) => [user, {}] as const);
  const users = { ...Object.fromEntries(others), [name]: { groups: [...groups] } };
  const source = sourceOf(part.node.path, users);
  return userMistakes(inProps(source, users), snippets.length > 0)
    .filter(({ path }) => path?.startsWith(`${name}.groups.`))
    .map(({ message }) => message);
}
