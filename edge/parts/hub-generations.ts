/**
 * The clients that the device's API server accepts besides the device itself: the hub, in its current
 * generation and in those that may follow. The private keys of later generations do not exist outside
 * of the root key until `flotilla bootstrap` places them, so their authorities do no harm here.
 *
 * kube-apiserver reads the file again when it changes. It is not K3s' own `client-ca.crt`: K3s keeps
 * that one in its datastore too, and does not start if the two differ. So the kubelet and K3s' other
 * parts, which read only that one, do not accept the hub at all.
 *
 * A device with a tunnel proves a later generation by a handshake with its gateway, one without by a signed
 * statement in its API.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { Mistake } from "../../fleet/grammar/mistakes.ts";
import type { HubIdentity } from "../../fleet/model/secrets.ts";
import type { Source } from "../../fleet/grammar/source.ts";
import type { ButaneDirectory } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { pem, requireProps, wireguardKey } from "../props.ts";
import { addTimedScript } from "./timed-script.ts";

export interface HubGenerationsProps {
  /** The device's own client authority as PEM. */
  readonly deviceAuthority: string;
  /** The hub: its current generation, then those that may follow. */
  readonly hub: readonly HubIdentity[];
}

const folder: ButaneDirectory = { path: "/etc/flotilla/hub", mode: 0o700 };

/** For kube-apiserver: the certificates of its clients' authorities. */
export const clientAuthoritiesFile = `${folder.path}/trusted.pem`;

const identity = z.object({
  generation: z.int().min(1),
  authority: pem,
  gatewayKey: wireguardKey.nullable(),
});

const schema = z.object({
  deviceAuthority: pem,
  hub: z
    .array(identity)
    .min(1, { error: "this list is empty. Write at least the current generation of the hub." }),
});

export class HubGenerations extends Construct {
  constructor(scope: Construct, id: string, props: HubGenerationsProps) {
    super(scope, id);
    requireProps(this, props, schema, (source) => orderMistakes(source, props));
    const { deviceAuthority, hub } = props;
    const device = EdgeDevice.of(this);
    // The script goes by these comments; kube-apiserver skips them.
    const trusted = [
      `# this device\n${inLines(deviceAuthority)}`,
      ...hub.map(
        ({ generation, authority }) => `# hub generation ${generation}\n${inLines(authority)}`,
      ),
    ];
    const gateways = hub.flatMap(({ generation, gatewayKey }) =>
      gatewayKey === null ? [] : [`${generation} ${gatewayKey}\n`],
    );
    device.addDirectory(this, folder);
    device.addFile(this, {
      path: clientAuthoritiesFile,
      mode: 0o600,
      contents: { inline: trusted.join("") },
    });
    const unit = "flotilla-hub";
    const follow = sourceText("edge/parts/hub-generations/follow-hub.sh");
    if (gateways.length > 0) {
      device.addFile(this, {
        path: `${folder.path}/gateways`,
        mode: 0o600,
        contents: { inline: gateways.join("") },
      });
      addTimedScript(this, {
        name: "follow-hub",
        unit,
        script: follow,
        service: sourceText("edge/parts/hub-generations/flotilla-hub.service"),
        timer: sourceText("edge/parts/hub-generations/flotilla-hub.timer"),
      });
    } else {
      device.addFile(this, {
        path: "/usr/local/bin/follow-hub",
        mode: 0o755,
        contents: { inline: follow },
      });
      addTimedScript(this, {
        name: "read-hub-statement",
        unit,
        script: sourceText("edge/parts/hub-generations/read-hub-statement.sh"),
        service: sourceText("edge/parts/hub-generations/flotilla-hub-statement.service"),
        timer: sourceText("edge/parts/hub-generations/flotilla-hub-statement.timer"),
      });
    }
  }
}

/** With a line break at its end: the next comment has a line of its own. */
function inLines(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function orderMistakes({ mistake }: Source, { hub }: HubGenerationsProps): Mistake[] {
  return hub.flatMap(({ generation }, index) => {
    const before = hub[index - 1]?.generation ?? 0;
    if (generation > before) return [];
    const message = `generation ${generation} is not above ${before}, which is before it. Write the current generation first, and then those that may follow.`;
    return [mistake(["hub", index, "generation"], message)];
  });
}
