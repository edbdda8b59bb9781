/**
 * Progress for a person at the screen: printed at once on the console, and kept above every login
 * prompt (agetty(8) prints `/etc/issue.d/*.issue`), because the prompt clears the screen. The journal
 * has the messages too, in the unit that prints them.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneFile } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

/** The command that prints its arguments; it never fails. */
export const sayCommand = "/usr/local/bin/say-on-console";

const script: ButaneFile = {
  path: sayCommand,
  mode: 0o755,
  contents: { inline: sourceText("edge/parts/console-messages/say-on-console.sh") },
};

export class ConsoleMessages extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    EdgeDevice.of(this).addFile(this, script);
  }
}
