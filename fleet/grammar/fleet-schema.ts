/**
 * The grammar of fleet.yaml: every key, its type, its default, its description. The JSON Schema
 * that editors use (fleet.schema.json) is generated from here, and so are the checks.
 *
 * Only checks of one value are here. Checks of several values (a profile that exists, ranges that
 * don't overlap) are in fleet/resolve/.
 */
import { z } from "zod";
import { parseAddress } from "../model/addresses.ts";
import { hubGenerationsMax } from "../model/hub-generations.ts";
import { expandName, reservedName } from "../model/names.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { architectures, boards } from "../model/device.ts";
import { cloudSchema } from "./cloud-schema.ts";
import { disk } from "./disk.ts";
import { addonsSchema, platformSchema } from "./platform-schema.ts";
import { k3sSchema, maintenanceSchema } from "./upgrade-schemas.ts";
import { label, labels, matching, range, text } from "./value-schemas.ts";
import { workloadsSchema, type ValuesSchemas } from "./workload-schemas.ts";

/** RFC 1123 subdomain with at least two labels. */
const domainPattern =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const endpointPattern = /^([a-z0-9.-]+):([0-9]{1,5})$/;
/**
 * What git check-ref-format accepts, of these characters; at most 200 of them, because a branch is a
 * file. HEAD and a commit's id would name something else.
 */
const branchPattern =
  /^(?!HEAD$|[0-9a-f]{40}$|[0-9a-f]{64}$)(?!.*(\.\.|\/\/|\/\.|\.lock(\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}(?<![./])$/;
const sshKeyPattern =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,3}( .*)?$/;

const address = text((value) =>
  parseAddress(value) === undefined
    ? `"${value}" is not a valid IPv4 address. Write four numbers from 0 to 255, like 203.0.113.7.`
    : undefined,
);

const gitUrl = text((value) => {
  if (value.trim() === "" || /\s/.test(value)) {
    return `${JSON.stringify(value)} is not a valid Git URL. Write one without spaces, like https://git.example.com/fleet.git.`;
  }
  // Git and ssh would read it as an option.
  if (/^-|^[^/]*@-|:\/\/([^/]*@)?-/.test(value)) {
    return `${JSON.stringify(value)} is not a valid Git URL: a host or a path that starts with a hyphen is read as an option. Write one like https://git.example.com/fleet.git.`;
  }
  // The message does not repeat the password.
  return /^[a-z+]+:\/\/[^/@:]*:[^/@]*@/i.test(value)
    ? "this URL contains a password, and the fleet file is in Git. Remove the password from the URL and use Git's credential helper."
    : undefined;
});

const timeZone = text((value) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return undefined;
  } catch {
    return `"${value}" is not a valid time zone. Write an IANA name, like America/New_York.`;
  }
});

const sshKey = text((value) => {
  if (sshKeyPattern.test(value)) return undefined;
  return value.includes("PRIVATE KEY")
    ? "this is a private key. Remove it from this file and do not use it any more. Write the public key: the line in the .pub file."
    : "this is not a valid OpenSSH public key. Write the line of a .pub file, like ssh-ed25519 AAAA… name.";
});

const webUrl = text((value) => {
  const example = "Write one like https://mirror.example.com/k3s.";
  const invalid = `${JSON.stringify(value)} is not a valid HTTP or HTTPS URL. ${example}`;
  if (!/^https?:\/\/[^\s?#]+$/.test(value) || !URL.canParse(value)) return invalid;
  const { username, password } = new URL(value);
  return username === "" && password === ""
    ? undefined
    : `this URL contains a user or a password, and the fleet file is in Git. ${example}`;
});

const sha256 = matching(
  /^[0-9a-f]{64}$/,
  "a valid SHA-256. Write 64 lower-case hexadecimal digits in quotes.",
);

const mirror = z
  .strictObject({
    url: webUrl
      .optional()
      .describe("A mirror of the K3s releases: it has <url>/<version>/k3s and so on."),
    imagesSha256: z
      .strictObject({
        x86_64: sha256.optional().describe("SHA-256 of k3s-airgap-images-amd64.tar.zst."),
        aarch64: sha256.optional().describe("SHA-256 of k3s-airgap-images-arm64.tar.zst."),
      })
      .default({})
      .describe(
        "SHA-256 of k3s-airgap-images-amd64.tar.zst and -arm64. If set, devices download this file too.",
      ),
    registry: webUrl
      .optional()
      .describe("A container registry that devices try first for every image."),
  })
  .optional()
  .describe("Where the site's devices get K3s and images instead of the internet.");

const snippetFile = z.strictObject({
  file: z.string().min(1).describe("Path of a Butane file, relative to this file's folder."),
});

const butane = z
  .union([z.string(), snippetFile, z.array(z.union([z.string(), snippetFile]))], {
    error:
      "this is not valid here. Write Butane as a block (butane: |), or { file: path }, or a list of both.",
  })
  .optional()
  .describe(
    "Your own Butane (variant fcos), merged into the device's. If two set the same value, the later one wins.",
  );

const date = text((value) =>
  isDate(value)
    ? undefined
    : `${JSON.stringify(value)} is not a valid date. Write year, month and day, like 2050-01-01.`,
);

const deviceFields = {
  profile: z.string().optional().describe("A profile in this file; default: the site's."),
  site: z.string().optional().describe("A site in this file."),
  ring: z
    .string()
    .optional()
    .describe("A ring in this file; default: the site's, then the profile's, then the last ring."),
  labels: labels.describe(
    "Added to the labels of the profile and the site. If two set the same label, the device's value wins.",
  ),
  generation: z
    .int()
    .min(1)
    .optional()
    .describe("Increase by one when a device is replaced or lost: its old image stops working."),
  connectivity: z
    .enum(["gateway", "direct"])
    .optional()
    .describe("gateway (default): through the tunnel; direct: at a routable address."),
  address: address
    .optional()
    .describe("IPv4 address of the device. Required with connectivity: direct."),
  butane,
};

const device = z.strictObject({
  ...deviceFields,
  overrides: z
    .record(z.string(), z.strictObject(deviceFields))
    .default({})
    .describe("Devices of this range with other settings, by name."),
});

const deviceName = text((value) => {
  const names = expandName(value);
  if (typeof names === "string") return names;
  return names.map(reservedName).find((problem) => problem !== undefined);
});

const fleetSchema = z.strictObject({
  fleet: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/, {
      error: ({ input }) =>
        `${JSON.stringify(input)} is not a valid fleet name. Write 1 to 20 lower-case letters, digits and hyphens, starting with a letter.`,
    })
    .describe(
      "The fleet's name, and the first part of every name in the cloud. It cannot change later.",
    ),
  domain: matching(
    domainPattern,
    "a valid domain. Write your DNS zone in lower case, like edge.example.com.",
  ).describe("The DNS zone of the hub."),
  repository: z
    .strictObject({
      url: gitUrl.describe("URL from which Argo CD clones the state repository."),
      branch: matching(branchPattern, "a valid branch name. Write one like main.")
        .default("main")
        .describe("The branch that Argo CD reads and `flotilla publish` pushes to."),

      push: gitUrl
        .optional()
        .describe(
          "Where `flotilla publish` pushes: a Git URL, or a path relative to this file's folder. " +
            "By default `url`.",
        ),
      github: z
        .strictObject({
          deployKey: sshKey
            .optional()
            .describe("Public half of the deploy key with which Argo CD reads the repository."),
        })
        .optional()
        .describe("Let `flotilla deploy` create the repository. Its URL must be on github.com."),
      signing: z
        .strictObject({
          keys: z
            .array(z.string().min(1))
            .min(1)
            .max(20)
            .describe(
              "Files with OpenPGP public keys (gpg --export --armor), one key a file, in this file's folder. " +
                "`flotilla publish` signs with the first of which gpg has the private key.",
            ),
        })
        .optional()
        .describe(
          "Sign each commit of the state. Argo CD then refuses commits that no key here signed.",
        ),
    })
    .describe("The Git repository with the state of the whole fleet."),
  cloud: cloudSchema,
  platform: platformSchema(),
  argocd: z
    .strictObject({
      shards: z
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe(
          "Pods of its controller, each on a node of its own; default: chosen by the number of devices.",
        ),
      values: z
        .record(z.string(), z.unknown())
        .default({})
        .describe(
          "Values of its chart, merged over Flotilla's own. A list replaces the whole list.",
        ),
    })
    .prefault({})
    .describe("Argo CD on the hub."),
  hub: z
    .strictObject({
      generation: z
        .int()
        .min(1)
        .max(hubGenerationsMax)
        .default(1)
        .describe(
          "Increase by one after a break-in at the hub: what was stolen there stops working at every device. Never lower it.",
        ),
    })
    .prefault({})
    .describe("The keys of the hub."),
  tunnel: z
    .strictObject({
      range: range
        .default("100.64.0.0/16")
        .describe("Addresses inside the WireGuard tunnel. They cannot change later."),
      endpoint: text(endpointProblem)
        .optional()
        .describe(
          "Public UDP endpoint of the gateway, host:port; default: gateway.<domain>:51820.",
        ),
    })
    .prefault({})
    .describe("The WireGuard tunnel between devices and hub."),
  k3s: k3sSchema,
  rings: z
    .array(label)
    .min(1, { error: "this list is empty. Write at least one ring, like stable." })
    .default(["canary", "early", "stable"])
    .describe("The order of a rollout: the first ring gets a change first."),
  access: z
    .strictObject({
      sshKeys: z
        .array(sshKey)
        .default([])
        .describe("SSH public keys that may log in as the user core."),
      administrators: z
        .array(
          matching(
            /^(user|group):[^\s@:]+@[^\s@:]+\.[^\s@:]+$/,
            "a valid administrator. Write user: or group: and an e-mail address, like user:ada@example.com.",
          ),
        )
        .default([])
        .describe("Cluster administrators of the hub: user:ada@example.com, group:…."),
    })
    .prefault({})
    .describe("Who may log in to the devices, and who administers the hub."),
  certificates: z
    .strictObject({
      notBefore: date
        .default("2020-01-01")
        .describe("First day on which they are valid. A device's clock must never be earlier."),
      notAfter: date.default("2050-01-01").describe("The day on which they expire."),
    })
    .prefault({})
    .describe(
      "Validity of the fleet's certificate authorities, in UTC. A device gets new ones only from a new image.",
    ),
  profiles: z
    .record(
      label,
      z.strictObject({
        architecture: z.enum(architectures).describe("The processor's architecture."),
        disk: disk.describe(
          "The block device that Fedora CoreOS is installed on. All data on it is lost.",
        ),
        kernelArguments: z
          .array(
            matching(
              // One that starts with a hyphen would be an option of coreos-installer.
              /^[!-,.-~][!-~]{0,1023}$/,
              "a valid kernel argument. Write one argument in each line, like console=ttyS0, in ASCII and without spaces.",
            ),
          )
          .default([])
          .describe(
            "Appended to the installed system's kernel command line. Settings of the network (ip=, nameserver=, bond=, vlan=) stay after the first boot.",
          ),
        board: z.enum(boards).optional().describe("A machine that needs special handling."),
        encryption: z
          .literal("tpm2")
          .optional()
          .describe("Encrypt the root file system. Only the machine's TPM 2.0 can unlock it."),
        ring: z
          .string()
          .optional()
          .describe("Ring of devices that name none, nor does their site."),
        labels: labels.describe("Labels of every device of this profile."),
        butane,
      }),
    )
    .describe("Hardware types."),
  sites: z
    .record(
      label,
      z.strictObject({
        description: z.string().default("").describe("For people: what the site is."),
        timeZone: timeZone
          .default("UTC")
          .describe("IANA time zone of the site, like America/New_York."),
        network: range
          .optional()
          .describe(
            "The site's own network. Flotilla checks that it does not overlap other ranges.",
          ),
        maintenance: maintenanceSchema,
        mirror,
        profile: z.string().optional().describe("Profile of the site's devices that name none."),
        ring: z.string().optional().describe("Ring of the site's devices that name none."),
        labels: labels.describe("Labels of every device of this site."),
        butane,
      }),
    )
    .describe("Locations of devices."),
  devices: z
    .record(deviceName, device)
    .describe("Devices by name, or by a range such as store-{0001..0200}."),
  workloads: workloadsSchema(),
});

export type FleetInput = z.output<typeof fleetSchema>;

/** What other rooms add to the grammar. */
export interface Extensions {
  /** The add-ons of the hub. */
  readonly addons?: readonly AddonDeclaration[];
  /** The constructs of workloads, and the values that each accepts. */
  readonly workloads?: ValuesSchemas;
}

/**
 * The grammar with its extensions. Without them, add-ons and values of workloads are not checked.
 */
export function extendedSchema({ addons, workloads }: Extensions): z.ZodType<FleetInput> {
  return fleetSchema.extend({
    platform: platformSchema(addons && addonsSchema(addons)),
    workloads: workloadsSchema(workloads),
  });
}

export type DeviceInput = FleetInput["devices"][string];

/** Host and port of an endpoint that endpointProblem has accepted. */
export function splitEndpoint(endpoint: string): { host: string; port: number } {
  const [, host = "", port = ""] = endpointPattern.exec(endpoint) ?? [];
  return { host, port: Number(port) };
}

/** A day of the calendar, from 1970 (every reader of certificates accepts it) to 9999. */
function isDate(value: string): boolean {
  if (!/^(19[7-9]|[2-9][0-9]{2})[0-9]-[0-9]{2}-[0-9]{2}$/.test(value)) return false;
  const day = new Date(value);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

function endpointProblem(value: string): string | undefined {
  const { host, port } = splitEndpoint(value);
  const good =
    (domainPattern.test(host) || parseAddress(host) !== undefined) && port >= 1 && port <= 65535;
  return good
    ? undefined
    : `"${value}" is not a valid endpoint. Write a host and a UDP port, like gateway.example.com:51820.`;
}

/** The JSON Schema of fleet.yaml as text, for editors. */
export function fleetJsonSchema(extensions: Extensions): string {
  const schema = z.toJSONSchema(extendedSchema(extensions), { io: "input" });
  return `${JSON.stringify({ ...schema, title: "Flotilla fleet" }, undefined, 2)}\n`;
}
