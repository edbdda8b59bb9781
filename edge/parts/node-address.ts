/**
 * Follows the address of the local network. K3s keeps the address of its node that it found when it
 * started, so after a change it advertises one that the device no longer has. A timer compares them and
 * restarts K3s; the containers keep running. Without a network it does nothing: K3s works with the old address.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import { nodeInterfaceName } from "../../fleet/grammar/k3s-schema.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";
import { addTimedScript } from "./timed-script.ts";

export interface NodeAddressProps {
  /** The interface that has the address. @default that of the default route */
  readonly nodeInterface?: string;
}

const service = sourceText("edge/parts/node-address/flotilla-node-address.service");

const schema = z.object({ nodeInterface: nodeInterfaceName.optional() });

/** It needs K3sServer on the same device. */
export class NodeAddress extends Construct {
  constructor(scope: Construct, id: string, props: NodeAddressProps = {}) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    const { nodeInterface } = props;
    if (nodeInterface !== undefined) {
      device.addFile(this, {
        path: "/etc/flotilla/node-interface",
        mode: 0o644,
        contents: { inline: `${nodeInterface}\n` },
      });
    }
    addTimedScript(this, {
      name: "follow-node-address",
      unit: "flotilla-node-address",
      script: sourceText("edge/parts/node-address/follow-node-address.sh"),
      service,
      timer: sourceText("edge/parts/node-address/flotilla-node-address.timer"),
    });
    device.requireUnit(this, "k3s.service", "K3sServer");
  }
}
