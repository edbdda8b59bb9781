/**
 * Progress for whoever stands before the screen: said at once on the console, and kept above every
 * login prompt (agetty(8) prints `/etc/issue.d/*.issue`), because the prompt clears the screen.
 *
 * What is said is also in the journal, by the unit that says it.
 */
import type { ButaneFile } from "../butane/config.ts";
import type { Contribution } from "./part.ts";

/** The command that says its arguments; it never fails. */
export const sayCommand = "/usr/local/bin/say-on-console";

const issueFile = "/etc/issue.d/50-flotilla.issue";

const script: ButaneFile = {
  path: sayCommand,
  mode: 0o755,
  contents: {
    inline: `#!/bin/bash
# Tells whoever stands before the screen: now, and above every login prompt from now on.
text="$HOSTNAME: $*"
echo "$text"
printf '%s\\n\\n' "$text" >${issueFile}
{ printf '\\n%s\\n' "$text" >/dev/console; } 2>/dev/null
agetty --reload
exit 0
`,
  },
};

export function consoleProgress(): Contribution {
  return { files: [script] };
}
