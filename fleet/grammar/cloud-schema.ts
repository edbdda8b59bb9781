/**
 * The grammar of `cloud` in fleet.yaml. Checks of several values: fleet/resolve/clouds.ts.
 */
import { z } from "zod";
import { subdomainPattern } from "../model/names.ts";
import { ipv4Address, ipv4Range, labelValue, matching, window } from "./value-schemas.ts";

const projectPattern = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const regionPattern = /^[a-z]+-[a-z]+[0-9]+$/;
const zonePattern = /^[a-z]+-[a-z]+[0-9]+-[a-z]$/;

const objectName = "a valid name of an object. Write lower-case letters, digits, hyphens and dots,";

/** Kubernetes' rule for keys of labels and annotations, with or without a prefix. */
const annotationKey = matching(
  /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
  "a valid key. Write one like metallb.io/address-pool.",
);

const nodePool = z
  .strictObject({
    machineType: matching(
      /^[a-z][a-z0-9]*-[a-z0-9-]+$/,
      "a valid machine type. Write one like e2-standard-2.",
    )
      .optional()
      .describe("Machine type of the hub's nodes; default: chosen by the number of devices."),
    minNodes: z.int().min(1).max(1000).default(1).describe("Total of all zones."),
    maxNodes: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe("Total of all zones; default: 3, or more if the number of devices requires it."),
    spot: z
      .boolean()
      .default(false)
      .describe("Use spot nodes: they cost about a third, and Google can remove them at any time."),
  })
  .prefault({})
  .describe("The nodes of Argo CD and the add-ons. Gateways have their own node pool.");

const budget = z
  .strictObject({
    billingAccount: matching(
      /^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/,
      "a valid billing account ID. Write one like 012345-6789AB-CDEF01.",
    ).describe("ID of the billing account that pays for the project."),
    monthlyAmount: z
      .int()
      .min(1)
      .describe("In whole units of the account's currency. Only mail is sent: nothing is stopped."),
  })
  .optional()
  .describe(
    "Send mail to the billing account's administrators at 50 %, 90 % and 100 % of an amount.",
  );

const googleSchema = z.strictObject({
  provider: z.literal("google").describe("The cloud: Google Cloud."),
  project: matching(
    projectPattern,
    "a valid project ID. Write 6 to 30 lower-case letters, digits and hyphens, starting with a letter.",
  ).describe("ID of the Google Cloud project."),
  region: matching(regionPattern, "a valid region. Write one like us-east1.")
    .default("us-east1")
    .describe("Region of Google Cloud."),
  zone: matching(zonePattern, "a valid zone. Write one like us-east1-b.")
    .optional()
    .describe(
      "Run the hub in one zone. It costs less and is down when the zone is down; default: the whole region.",
    ),
  network: z
    .strictObject({
      nodes: ipv4Range.default("10.0.0.0/17").describe("Addresses of the hub's nodes."),
      pods: ipv4Range.default("192.168.0.0/18").describe("Addresses of the hub's pods."),
      services: ipv4Range.default("192.168.64.0/18").describe("Addresses of the hub's Services."),
    })
    .prefault({})
    .describe("IPv4 ranges of the hub, in CIDR form."),
  nodePool,
  maintenance: window(
    { time: "UTC", event: "Google may upgrade the hub" },
    { days: ["Tue", "Wed", "Thu"], lengthMinutes: 240 },
    // Google does not count a shorter window.
    240,
  ).describe("When Google may upgrade the hub, in UTC."),
  encryption: z
    .literal("kms")
    .optional()
    .describe(
      "Encrypt the hub's Secrets with a Cloud KMS key, in addition to Google's own encryption.",
    ),
  backup: z
    .boolean()
    .default(false)
    .describe("Back up the hub's objects and volumes every night, without Secrets."),
  budget,
  deletionProtection: z
    .boolean()
    .default(true)
    .describe("false: deploy and destroy may delete the cluster, its network and its DNS zone."),
  state: z
    .strictObject({
      bucket: matching(
        /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/,
        "a valid bucket name. Write 3 to 63 lower-case letters, digits, hyphens, dots and underscores.",
      ).describe("An existing Cloud Storage bucket with versioning enabled."),
    })
    .optional()
    .describe("Where Terraform keeps its state; default: files next to this one."),
});

const entrance = {
  address: ipv4Address.describe("Its IPv4 address, for DNS and for the cluster's load balancer."),
  annotations: z
    .record(annotationKey, z.string())
    .default({})
    .describe(
      "Annotations of the Service. If one has the address as its value, it requests the address, and not spec.loadBalancerIP.",
    ),
};

const existingSchema = z.strictObject({
  provider: z.literal("existing").describe("Your own Kubernetes cluster."),
  context: matching(
    /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:@/+=~-]{0,252}$/,
    "a valid context. Write its name as kubectl config get-contexts shows it, with ASCII letters, digits and . _ : @ / + = ~ -; to change it: kubectl config rename-context OLD NEW.",
  ).describe("Context of the cluster in your kubeconfig."),
  network: z
    .strictObject({
      nodes: ipv4Range.describe("Addresses of the cluster's nodes."),
      pods: ipv4Range.describe("Addresses of the cluster's pods."),
      services: ipv4Range.describe("Addresses of the cluster's Services."),
    })
    .describe("IPv4 ranges of the cluster, in CIDR form."),
  apiServerPort: z
    .int()
    .min(1)
    .max(65535)
    .default(6443)
    .describe("TCP port that the API servers listen on. The hub's pods may connect to it."),
  storageClass: matching(subdomainPattern, `${objectName} like fast-ssd.`)
    .optional()
    .describe("Storage class of the hub's volumes; default: the cluster's own default."),
  gateway: z
    .strictObject({
      ...entrance,
      service: z
        .enum(["LoadBalancer", "NodePort"])
        .default("LoadBalancer")
        .describe(
          "NodePort: devices dial a node, at the port of tunnel.endpoint (30000 to 32767).",
        ),
      nodeSelector: z
        .record(annotationKey, labelValue)
        .default({})
        .describe("Labels of the nodes that gateways run on; default: any node."),
    })
    .describe("The Service that devices dial."),
  ingress: z
    .strictObject(entrance)
    .optional()
    .describe("The Service of the hub's pages. Required with the add-on nginx-ingress."),
  secretStore: matching(subdomainPattern, `${objectName} like vault.`)
    .optional()
    .describe("Name of your ClusterSecretStore. Required with the add-on external-secrets."),
  dns01: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      "Solver dns01 of cert-manager for the hub's domain, like cloudflare: {…}. Required with platform.",
    ),
});

/** Each option has the key `provider` with a value of its own. */
export const cloudSchema = z
  .discriminatedUnion("provider", [googleSchema, existingSchema])
  .describe("Where the hub runs.");
