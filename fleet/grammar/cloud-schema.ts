/** The grammar of the part `cloud` of fleet.yaml; what its values must be to each other: fleet/resolve/. */
import { z } from "zod";
import { matching, range, window } from "./value-schemas.ts";

const projectPattern = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const regionPattern = /^[a-z]+-[a-z]+[0-9]+$/;
const zonePattern = /^[a-z]+-[a-z]+[0-9]+-[a-z]$/;

const nodePool = z
  .strictObject({
    machineType: matching(
      /^[a-z][a-z0-9]*-[a-z0-9-]+$/,
      "no machine type. Write one like e2-standard-2.",
    )
      .optional()
      .describe("Machine type of the hub's nodes; default: by the number of devices."),
    minNodes: z.int().min(1).max(1000).default(1).describe("In all zones together."),
    maxNodes: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe("In all zones together; default: 3, or more where the devices ask for it."),
    spot: z
      .boolean()
      .default(false)
      .describe("Nodes that cost a third and that Google may take away at any time."),
  })
  .prefault({})
  .describe("What Argo CD and all add-ons run on; the gateway has nodes of its own.");

const budget = z
  .strictObject({
    billingAccount: matching(
      /^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/,
      "no billing account. Write its ID, like 012345-6789AB-CDEF01.",
    ).describe("ID of the billing account that pays for the project."),
    monthlyAmount: z
      .int()
      .min(1)
      .describe("In whole units of the account's currency. It warns and stops nothing."),
  })
  .optional()
  .describe("Mail to the billing account's administrators at half, 90 % and all of an amount.");

export const cloudSchema = z
  .strictObject({
    provider: z.literal("google").describe("The cloud: Google Cloud."),
    project: matching(
      projectPattern,
      "no project ID. Write 6 to 30 lower-case letters, digits and hyphens, with a letter first.",
    ).describe("ID of the Google Cloud project."),
    region: matching(regionPattern, "no region. Write one like us-east1.")
      .default("us-east1")
      .describe("Region of Google Cloud."),
    zone: matching(zonePattern, "no zone. Write one like us-east1-b.")
      .optional()
      .describe("A zone for a cheaper hub that goes down with it; default: the whole region."),
    network: z
      .strictObject({
        nodes: range.default("10.0.0.0/17").describe("The hub's nodes."),
        pods: range.default("192.168.0.0/18").describe("The hub's pods."),
        services: range.default("192.168.64.0/18").describe("The hub's services."),
      })
      .prefault({})
      .describe("IPv4 ranges of the hub, in CIDR form."),
    nodePool,
    maintenance: window(
      { time: "UTC", event: "Google may upgrade the hub" },
      { days: ["Tue", "Wed", "Thu"], lengthMinutes: 240 },
      // Google counts no shorter one.
      240,
    ).describe("When Google may upgrade the hub, in UTC."),
    encryption: z
      .literal("kms")
      .optional()
      .describe("Encrypt the hub's Secrets with a key of Cloud KMS, beside Google's own."),
    backup: z
      .boolean()
      .default(false)
      .describe("Back up the hub's objects and volumes every night, without Secrets."),
    budget,
    deletionProtection: z
      .boolean()
      .default(true)
      .describe("false lets a deploy or destroy delete the cluster, its network and its zone."),
    state: z
      .strictObject({
        bucket: matching(
          /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/,
          "no bucket. Write 3 to 63 lower-case letters, digits, hyphens, dots and underscores.",
        ).describe("An existing bucket of Cloud Storage, with versioning switched on."),
      })
      .optional()
      .describe("Where Terraform keeps its state; default: files beside this one."),
  })
  .describe("The hub's cloud.");
