/**
 * The grammar of fleet.yaml: every key, its type, its default, its description. The JSON Schema
 * that editors use (fleet.schema.json) is generated from here, and so are the checks.
 *
 * Only checks of one value are here. Checks of several values (a profile that exists, ranges that
 * don't overlap) are in fleet/resolve/.
 */
import { z } from "zod";
import { parseIp } from "../model/ip.ts";
import { isUrl } from "../model/git-url.ts";
import { hubGenerationsMax } from "../model/hub-generations.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { cloudSchema } from "./cloud-schema.ts";
import { devicesSchema, profilesSchema, sitesSchema } from "./device-schemas.ts";
import { addonsSchema, platformSchema } from "./platform-schema.ts";
import { outdatedAfterDays } from "../rules/coreos-release.ts";
import { k3sSchema } from "./upgrade-schemas.ts";
import { ipv4Range, label, matching, sshKey, text } from "./value-schemas.ts";
import { workloadsSchema, type ValuesSchemas } from "./workload-schemas.ts";

/** RFC 1123 subdomain with at least two labels. */
const domainPattern =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const endpointPattern = /^(?:\[([0-9a-fA-F:.]+)\]|([a-z0-9.-]+)):([0-9]{1,5})$/;
/**
 * What git check-ref-format accepts, of these characters; at most 200 of them, because a branch is a
 * file. HEAD and a commit's id would name something else, and refs/heads/main the branch refs/heads/refs/heads/main.
 */
const branchPattern =
  /^(?!HEAD$|refs\/|[0-9a-f]{40}$|[0-9a-f]{64}$)(?!.*(\.\.|\/\/|\/\.|\.lock(\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}(?<![./])$/;
function gitUrlProblem(value: string): string | undefined {
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
}

/** Argo CD clones it from the hub. */
const repositoryUrl = text((value) => {
  const problem = gitUrlProblem(value);
  if (problem !== undefined || isUrl(value)) return problem;
  return `${JSON.stringify(value)} is a path, which Argo CD cannot clone. Write a Git URL, like https://git.example.com/fleet.git. For a path that only \`flotilla publish\` pushes to, write push beside it.`;
});

const date = text((value) =>
  isDate(value)
    ? undefined
    : `${JSON.stringify(value)} is not a valid date. Write year, month and day, like 2050-01-01.`,
);

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
      url: repositoryUrl.describe("URL from which Argo CD clones the state repository."),
      branch: matching(branchPattern, "a valid branch name. Write one like main.")
        .default("main")
        .describe("The branch that Argo CD reads and `flotilla publish` pushes to."),

      push: text(gitUrlProblem)
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
                "`flotilla publish` signs with the first one that has its private key in gpg.",
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
          "Pods of its controller, each on its own node; default: chosen by the number of devices.",
        ),
      values: z
        .record(z.string(), z.unknown())
        .default({})
        .describe(
          "Values of its chart, merged over Flotilla's own. A list replaces the whole list; extraObjects, and the volumes and volumeMounts of controller and server, are added to Flotilla's.",
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
      name: label
        .optional()
        .describe(
          "Where several hubs share fleet.yaml: this hub has the devices of the sites with this name as their hub. Write it in the file of an environment, one for each hub.",
        ),
    })
    .prefault({})
    .describe("The hub: its keys, and its devices where there are several hubs."),
  tunnel: z
    .strictObject({
      range: ipv4Range
        .default("100.64.0.0/16")
        .describe("Addresses inside the WireGuard tunnel. They cannot change later."),
      endpoint: text(endpointProblem)
        .optional()
        .describe(
          "Public UDP endpoint of the gateway, host:port, or [IPv6 address]:port; default: gateway.<domain>:51820.",
        ),
    })
    .prefault({})
    .describe("The WireGuard tunnel between devices and hub."),
  k3s: k3sSchema,
  coreos: z
    .strictObject({
      outdatedAfterDays: z
        .int()
        .min(outdatedAfterDays.min)
        .max(outdatedAfterDays.max)
        .default(outdatedAfterDays.default)
        .describe(
          "Age of a device's Fedora CoreOS in days from which an alert and `flotilla status` say that it does " +
            "not update itself. A stream has a new release every two weeks.",
        ),
    })
    .prefault({})
    .describe("Updates of Fedora CoreOS. When they are installed: maintenance of a site."),
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
  profiles: profilesSchema(),
  sites: sitesSchema(),
  devices: devicesSchema(),
  workloads: workloadsSchema(),
});

export type FleetInput = z.output<typeof fleetSchema>;

/** What gitops/ and edge/ add to the grammar. */
export interface Extensions {
  /** The add-ons of the hub. */
  readonly addons?: readonly AddonDeclaration[];
  /** The constructs of workloads, and the values that each accepts. */
  readonly workloads?: ValuesSchemas;
  /** A user's own parts of devices, and the values that each accepts. */
  readonly parts?: ValuesSchemas;
}

/**
 * The grammar with its extensions. Without them, add-ons, values of workloads and parts are not checked.
 */
export function extendedSchema({ addons, workloads, parts }: Extensions): z.ZodType<FleetInput> {
  return fleetSchema.extend({
    platform: platformSchema(addons && addonsSchema(addons)),
    profiles: profilesSchema(parts),
    sites: sitesSchema(parts),
    devices: devicesSchema(parts),
    workloads: workloadsSchema(workloads),
  });
}

export type DeviceInput = FleetInput["devices"][string];

/** Host and port of an endpoint that endpointProblem has accepted; an IPv6 address without brackets. */
export function splitEndpoint(endpoint: string): { host: string; port: number } {
  const [, ipv6, host = "", port = ""] = endpointPattern.exec(endpoint) ?? [];
  return { host: ipv6 ?? host, port: Number(port) };
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
    (domainPattern.test(host) || parseIp(host) !== undefined) && port >= 1 && port <= 65535;
  return good
    ? undefined
    : `"${value}" is not a valid endpoint. Write a host and a UDP port, like gateway.example.com:51820.`;
}

/** The JSON Schema of fleet.yaml as text, for editors. */
export function fleetJsonSchema(extensions: Extensions): string {
  const schema = z.toJSONSchema(extendedSchema(extensions), {
    io: "input",
    // What a user's own schema converts to, like a Date, has no JSON.
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema as z.ZodObject;
      // See droppedKeyMistakes.
      const drops = def.type === "object" && def.catchall === undefined;
      if (drops) jsonSchema.additionalProperties = false;
    },
  });
  return `${JSON.stringify({ ...schema, title: "Flotilla fleet" }, undefined, 2)}\n`;
}
