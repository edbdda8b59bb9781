/**
 * The grammar of fleet.yaml: every key, its type, its default, its description. The JSON Schema that
 * editors use (fleet.schema.json) is generated from here, and so are the checks.
 *
 * Only what can be said of one value stands here; what one value must be to another (a profile that
 * exists, ranges that don't overlap) stands in fleet/resolve/.
 */
import { z } from "zod";
import { parseAddress } from "../model/addresses.ts";
import { expandName, reservedName } from "../model/names.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { architectures, boards } from "../model/fleet.ts";
import { cloudSchema } from "./cloud-schema.ts";
import { addonsSchema, platformSchema } from "./platform-schema.ts";
import { k3sSchema, maintenanceSchema } from "./upgrade-schemas.ts";
import { label, labels, matching, range, text } from "./value-schemas.ts";
import { workloadsSchema, type ValuesSchemas } from "./workload-schemas.ts";

/** RFC 1123 subdomain with at least two labels. */
const domainPattern =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const endpointPattern = /^([a-z0-9.-]+):([0-9]{1,5})$/;
const sshKeyPattern =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,3}( .*)?$/;

const address = text((value) =>
  parseAddress(value) === undefined
    ? `"${value}" is no IPv4 address. Write four numbers from 0 to 255, like 203.0.113.7.`
    : undefined,
);

const gitUrl = text((value) => {
  if (value.trim() === "" || /\s/.test(value)) {
    return `${JSON.stringify(value)} is no Git URL. Write one without spaces, like https://git.example.com/fleet.git.`;
  }
  // The password is not echoed.
  return /^[a-z+]+:\/\/[^/@:]*:[^/@]*@/i.test(value)
    ? "this URL holds a password, and the fleet file is in Git. Take it out of the URL; Git's own credential helper supplies it."
    : undefined;
});

const timeZone = text((value) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return undefined;
  } catch {
    return `"${value}" is no time zone. Write an IANA name, like America/New_York.`;
  }
});

const sshKey = text((value) => {
  if (sshKeyPattern.test(value)) return undefined;
  return value.includes("PRIVATE KEY")
    ? "this is a private key. Take it out of this file, treat it as lost, and write the public half: the line in the .pub file."
    : "this is no OpenSSH public key. Write the one line of a .pub file, like ssh-ed25519 AAAA… name.";
});

const webUrl = text((value) => {
  const example = "Write one like https://mirror.example.com/k3s.";
  const noUrl = `${JSON.stringify(value)} is no URL of a web server. ${example}`;
  if (!/^https?:\/\/[^\s?#]+$/.test(value) || !URL.canParse(value)) return noUrl;
  const { username, password } = new URL(value);
  return username === "" && password === ""
    ? undefined
    : `this URL holds a user or password, and the fleet file is in Git. ${example}`;
});

const sha256 = matching(
  /^[0-9a-f]{64}$/,
  "no SHA-256. Write its 64 lower-case hexadecimal digits in quotes.",
);

const mirror = z
  .strictObject({
    url: webUrl
      .optional()
      .describe("A mirror of the folder of K3s' releases: <url>/<version>/k3s, and so on."),
    imagesSha256: z
      .strictObject({
        x86_64: sha256.optional().describe("SHA-256 of k3s-airgap-images-amd64.tar.zst."),
        aarch64: sha256.optional().describe("SHA-256 of k3s-airgap-images-arm64.tar.zst."),
      })
      .default({})
      .describe(
        "SHA-256 of k3s-airgap-images-amd64.tar.zst and -arm64: devices then fetch it too.",
      ),
    registry: webUrl
      .optional()
      .describe("A container registry that devices ask first for every image."),
  })
  .optional()
  .describe("Where the site's devices get K3s and images, in place of the internet.");

const snippetFile = z.strictObject({
  file: z.string().min(1).describe("Path of a Butane file, from this file's folder."),
});

const butane = z
  .union([z.string(), snippetFile, z.array(z.union([z.string(), snippetFile]))], {
    error: "this is no Butane. Write a block (butane: |), or { file: path }, or a list of those.",
  })
  .optional()
  .describe("Butane of your own (variant fcos), merged into the device's; the later one wins.");

const date = text((value) =>
  isDate(value)
    ? undefined
    : `${JSON.stringify(value)} is no date. Write year, month and day, like 2050-01-01.`,
);

const deviceFields = {
  profile: z.string().optional().describe("A profile of this file. A site may set it instead."),
  site: z.string().optional().describe("A site of this file."),
  ring: z.string().optional().describe("A ring of this file; default: the site's, else the last."),
  labels: labels.describe("Added to the profile's and the site's labels; the device's win."),
  generation: z
    .int()
    .min(1)
    .optional()
    .describe("Raise by one when a device is replaced or lost: its old image is refused."),
  connectivity: z
    .enum(["gateway", "direct"])
    .optional()
    .describe("gateway (default): through the tunnel; direct: at a routable address."),
  address: address.optional().describe("IPv4 address of the device; with connectivity: direct."),
  butane,
};

const device = z.strictObject({
  ...deviceFields,
  overrides: z
    .record(z.string(), z.strictObject(deviceFields))
    .default({})
    .describe("Devices of this range that differ, by name."),
});

const deviceName = text((value) => {
  const names = expandName(value);
  if (typeof names === "string") return names;
  return names.map(reservedName).find((problem) => problem !== undefined);
});

export const fleetSchema = z.strictObject({
  fleet: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/, {
      error: ({ input }) =>
        `${JSON.stringify(input)} can't name a fleet. Write 1 to 20 lower-case letters, digits and hyphens, with a letter first.`,
    })
    .describe("The fleet's name: the stem of every name in the cloud. It can't change later."),
  domain: matching(
    domainPattern,
    "no domain. Write a DNS zone of yours in lower case, like edge.example.com.",
  ).describe("The DNS zone that the hub lives in."),
  repository: z
    .strictObject({
      url: gitUrl.describe("The state repository as Argo CD clones it."),
      branch: matching(
        /^(?!.*(\.\.|\/\/|@\{))[A-Za-z0-9][A-Za-z0-9._/-]*(?<![./])$/,
        "no branch name. Write one like main.",
      )
        .default("main")
        .describe("The branch that Argo CD reads and `flotilla publish` pushes to."),

      push: gitUrl
        .default("dist/state.git")
        .describe("Where `flotilla publish` pushes: a Git URL, or a path beside this file."),
      github: z
        .strictObject({
          deployKey: sshKey
            .optional()
            .describe("Public half of the key with which Argo CD may read the repository."),
        })
        .optional()
        .describe("Let `flotilla deploy` make the repository, which must be on github.com."),
    })
    .describe("The Git repository that holds the fleet's whole state."),
  cloud: cloudSchema,
  platform: platformSchema(),
  argocd: z
    .strictObject({
      shards: z
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe("Pods of its controller, each on a node; default: by the number of devices."),
      values: z
        .record(z.string(), z.unknown())
        .default({})
        .describe("Values of its chart, laid over Flotilla's own; lists are replaced as a whole."),
    })
    .prefault({})
    .describe("The Argo CD that sees the whole fleet."),
  tunnel: z
    .strictObject({
      range: range
        .default("100.64.0.0/16")
        .describe("Addresses inside the WireGuard tunnel. It can't change later."),
      endpoint: text(endpointProblem)
        .optional()
        .describe("Public UDP endpoint of the gateway, host:port; default gateway.<domain>:51820."),
    })
    .prefault({})
    .describe("The WireGuard tunnel between devices and hub."),
  k3s: k3sSchema,
  rings: z
    .array(label)
    .min(1, { error: "there is no ring in this list. Write at least one, like stable." })
    .default(["canary", "early", "stable"])
    .describe("From the most daring to the most careful: the order in which changes roll out."),
  access: z
    .strictObject({
      sshKeys: z.array(sshKey).default([]).describe("Public keys that may log in as core."),
      administrators: z
        .array(
          matching(
            /^(user|group):[^\s@:]+@[^\s@:]+\.[^\s@:]+$/,
            "nobody's name. Write user: or group: and an address, like user:ada@example.com.",
          ),
        )
        .default([])
        .describe("Who has every right in the hub's cluster: user:ada@example.com, group:…."),
    })
    .prefault({})
    .describe("Who may log in to the devices, and who administers the hub."),
  certificates: z
    .strictObject({
      notBefore: date
        .default("2020-01-01")
        .describe("The day from which they are valid. A device's clock must never be before it."),
      notAfter: date.default("2050-01-01").describe("The day on which they end."),
    })
    .prefault({})
    .describe("Of the fleet's own authorities, UTC. A device gets new ones by a new image only."),
  profiles: z
    .record(
      label,
      z.strictObject({
        architecture: z.enum(architectures).describe("The processor's architecture."),
        disk: matching(
          /^\/dev\/[A-Za-z0-9/_.:-]+$/,
          "no disk. Write a block device, like /dev/sda or /dev/disk/by-id/….",
        ).describe("The block device that Fedora CoreOS is installed to. It is erased."),
        kernelArguments: z
          .array(matching(/^\S+$/, "no kernel argument. Write one without spaces for each line."))
          .default([])
          .describe("Appended to the installed system's kernel command line."),
        board: z.enum(boards).optional().describe("A machine that needs care of its own."),
        encryption: z
          .literal("tpm2")
          .optional()
          .describe("Encrypt the root file system; the machine's TPM 2.0 alone opens it."),
        ring: z
          .string()
          .optional()
          .describe("Ring of devices that name none, nor does their site."),
        labels: labels.describe("Labels of every device of this profile."),
        butane,
      }),
    )
    .describe("Kinds of hardware."),
  sites: z
    .record(
      label,
      z.strictObject({
        description: z.string().default("").describe("For people: what the site is."),
        timeZone: timeZone.default("UTC").describe("IANA time zone of the site."),
        network: range
          .optional()
          .describe("The site's own network, to check that nothing clashes."),
        maintenance: maintenanceSchema,
        mirror,
        profile: z.string().optional().describe("Profile of the site's devices that name none."),
        ring: z.string().optional().describe("Ring of the site's devices that name none."),
        labels: labels.describe("Labels of every device of this site."),
        butane,
      }),
    )
    .describe("Places where devices stand."),
  devices: z
    .record(deviceName, device)
    .describe("By name, or many at once by a range such as store-{0001..0200}."),
  workloads: workloadsSchema(),
});

export type FleetInput = z.output<typeof fleetSchema>;

/** What other folders add to the grammar. */
export interface Extensions {
  /** The add-ons of the hub. */
  readonly addons?: readonly AddonDeclaration[];
  /** The constructs of workloads, and the values that each understands. */
  readonly workloads?: ValuesSchemas;
}

/** The grammar with what other folders add to it; what they don't is not checked. */
export function extendedSchema({ addons, workloads }: Extensions): z.ZodType<FleetInput> {
  return fleetSchema.extend({
    platform: platformSchema(addons && addonsSchema(addons)),
    workloads: workloadsSchema(workloads),
  });
}

export type DeviceInput = FleetInput["devices"][string];

/** host and port of an endpoint that endpointProblem has accepted. */
export function splitEndpoint(endpoint: string): { host: string; port: number } {
  const [, host = "", port = ""] = endpointPattern.exec(endpoint) ?? [];
  return { host, port: Number(port) };
}

/** A day of the calendar; years from 1970, which every reader of certificates knows, to 9999. */
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
    : `"${value}" is no endpoint. Write a host and a UDP port, like gateway.example.com:51820.`;
}

/** The JSON Schema of fleet.yaml as text, for editors. */
export function fleetJsonSchema(extensions: Extensions): string {
  const schema = z.toJSONSchema(extendedSchema(extensions), { io: "input" });
  return `${JSON.stringify({ ...schema, title: "Flotilla fleet" }, undefined, 2)}\n`;
}
