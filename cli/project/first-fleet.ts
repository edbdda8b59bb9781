/** The fleet file that `flotilla init` writes. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { makeFolder } from "../../fleet/files/folder.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { noOwnCode } from "./own-code/load.ts";
import { schemaText } from "./schema-file.ts";

export interface FirstFleet {
  readonly written: readonly string[];
  /** Lines that a .gitignore of before lacks. */
  readonly missingIgnores: readonly string[];
}

/**
 * Writes a first fleet file, and beside it its JSON Schema and a .gitignore.
 *
 * @throws InputError if there is a fleet file already
 */
export function writeFirstFleet(fleetFile: string): FirstFleet {
  const directory = dirname(fleetFile);
  if (existsSync(fleetFile)) {
    const message = "there is a fleet file already, and it is not overwritten. Give another folder";
    throw new InputError([{ file: fleetFile, message }]);
  }
  atPath(directory, () => makeFolder(directory));
  const ignoreFile = join(directory, ".gitignore");
  // The fleet file comes last: without it, the next run starts again.
  const files = [
    [ignoreFile, gitignore],
    [join(directory, "fleet.schema.json"), schemaText(noOwnCode)],
    [fleetFile, firstFleet],
  ] as const;
  const missing = files.filter(([path]) => !existsSync(path));
  const ignored = existsSync(ignoreFile)
    ? atPath(ignoreFile, () => readFileSync(ignoreFile, "utf8")).split(/\r?\n/)
    : ignoredPaths;
  for (const [path, text] of missing) atPath(path, () => writeFileAtomically(path, text));
  return {
    written: missing.map(([path]) => path),
    missingIgnores: ignoredPaths.filter((path) => !isIgnored(path, ignored)),
  };
}

/** Whether the lines have a path, with or without the slashes around it. */
function isIgnored(path: string, lines: readonly string[]): boolean {
  const plain = (text: string) => text.trim().replaceAll(/^\/|\/$/g, "");
  return lines.some((line) => plain(line) === plain(path));
}

const gitignore = `# Made from the fleet file.
/dist/
/plan.html
/cdktf.out/

# Secrets: keep copies in a safe place.
/fleet.key
/publishing.key
/environments/*.key

# Terraform's state can contain secrets, and is not for Git.
.terraform/
*.tfstate
*.tfstate.*
*.tfplan
crash.log

# Left behind by a run that was killed.
.*.tmp
`;

const ignoredPaths = gitignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

const firstFleet = `# yaml-language-server: $schema=./fleet.schema.json
#
# The whole fleet. Edit this file and run \`flotilla up\`: everything else is made from it.

fleet: corner-cafe # a part of every name in the cloud; it can't be changed later
domain: edge.cornercafe.example # the DNS zone of the hub

# The Git repository that Argo CD reads. Until you have one, \`push\` names a repository on this
# machine, and \`flotilla up\` publishes there. When you have one, write its URL and delete \`push\`:
# then \`flotilla up\` shows what would change, and \`flotilla publish\` publishes it.
repository:
  url: https://git.cornercafe.example/fleet-state.git
  push: dist/state.git

# Where the hub runs.
cloud:
  provider: google
  project: cornercafe-edge-hub
  region: us-east1

# Changes roll out in this order.
rings: [canary, stable]

access:
  sshKeys: [] # OpenSSH public keys that can log in as \`core\`; nobody can while this is empty

# Kinds of hardware. The disk is erased when a device is installed.
profiles:
  mini-pc:
    architecture: x86_64
    disk: /dev/sda
    labels: { role: till }

# Places with devices.
sites:
  harbour-street:
    description: The first café
    timeZone: Europe/Dublin
    profile: mini-pc
    maintenance: { days: [Mon, Tue], start: "03:00", lengthMinutes: 120 }

# One by one, or as a range.
devices:
  cafe-01:
    site: harbour-street
    ring: canary
  cafe-{02..03}:
    site: harbour-street

# What runs on the devices, with its version in each ring.
workloads:
  point-of-sale:
    selector: { role: till }
    versions: { canary: 6.9.2, stable: 6.9.1 }
  telemetry:
    selector: {} # every device
    versions: { canary: 1.9.1, stable: 1.9.0 }
`;
