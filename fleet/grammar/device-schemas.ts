/**
 * The grammar of `profiles`, `sites` and `devices` in fleet.yaml. The values of a user's own parts
 * are declared beside their classes: see Extensions in fleet-schema.ts.
 */
import { z } from "zod";
import { architectures, boards } from "../model/device.ts";
import { kernelArgumentPattern, kernelArgumentProblem } from "../model/kernel-argument.ts";
import { deviceNameProblem } from "../model/names.ts";
import { machineFields } from "./machine-schemas.ts";
import { match } from "./match-schema.ts";
import { timeZone } from "./time-zone.ts";
import type { Values } from "../model/values.ts";
import { maintenanceSchema } from "./upgrade-schemas.ts";
import { levelLabels } from "./label-schemas.ts";
import { levelSchema } from "./merged-values.ts";
import { address, label, matching, range, text } from "./value-schemas.ts";
import { registryUrl, webUrl } from "./web-url.ts";
import type { ValuesSchemas } from "./workload-schemas.ts";

/** The URL of a site's mirror, which is in Git. */
const mirrorUrl = webUrl("https://mirror.example.com/k3s");

/** The SHA-256 of a file. */
export const sha256 = matching(
  /^[0-9a-f]{64}$/,
  "a valid SHA-256. Write 64 lower-case hexadecimal digits in quotes.",
);

const mirror = z
  .strictObject({
    url: mirrorUrl
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
    registry: registryUrl("https://mirror.example.com")
      .optional()
      .describe("A container registry that devices try first for every image."),
  })
  .optional()
  .describe("Where the site's devices get K3s and images from, instead of the internet.");

const snippetFile = z.strictObject({
  file: z.string().min(1).describe("Path of a Butane file, relative to this file's folder."),
});

const butane = z
  .union([z.string(), snippetFile, z.array(z.union([z.string(), snippetFile]))], {
    error:
      "this is not valid here. Write Butane as a block (butane: |), or { file: path }, or a list of both.",
  })
  .nullish()
  .describe(
    "Your own Butane (variant fcos), merged into the device's. If two set the same value, the later one wins.",
  );

const deviceFields = {
  profile: z.string().optional().describe("A profile in this file; default: the site's."),
  site: z.string().optional().describe("A site in this file."),
  ring: z
    .string()
    .optional()
    .describe("A ring in this file; default: the site's, then the profile's, then the last ring."),
  labels: levelLabels.describe(
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
    .describe("IP address of the device. Required with connectivity: direct."),
  description: z.string().nullish().describe("For people: what the device is, or where."),
  timeZone: timeZone
    .nullish()
    .describe(
      "IANA time zone of the device's clock; default: the site's. Maintenance windows stay in the site's.",
    ),
  match,
  ...machineFields,
  butane,
};

const deviceName = text(deviceNameProblem);

/** Null removes a part that an earlier level has. */
type LevelParts = Record<string, Values | null>;

/** @param parts undefined: they are unknown, and anything is accepted */
function partsSchema(parts?: ValuesSchemas) {
  const values = z.record(z.string(), z.unknown()).nullable();
  const known = Object.entries(parts ?? {}).map(
    ([name, schema]) =>
      [
        name,
        (schema === undefined ? z.strictObject({}) : levelSchema(schema))
          .nullish()
          .describe(`Your own part ${name}.`),
      ] as const,
  );
  const schema: z.ZodType<LevelParts> =
    parts === undefined
      ? z.record(z.string(), values)
      : (z.strictObject(Object.fromEntries(known)) as unknown as z.ZodType<LevelParts>);
  return schema
    .nullable()
    .prefault({})
    .describe(
      "Your own parts (flotilla.config.ts) with their values. Those of the profile, the site and the device are merged.",
    );
}

export function profilesSchema(parts?: ValuesSchemas) {
  return z
    .record(
      label,
      z.strictObject({
        architecture: z.enum(architectures).describe("The processor's architecture."),
        kernelArguments: z
          .array(
            matching(
              kernelArgumentPattern,
              "a valid kernel argument. Write one argument in each line, like console=ttyS0, in ASCII and without spaces.",
            ).check(({ value, issues }) => {
              const message = kernelArgumentProblem(value);
              if (message !== undefined) issues.push({ code: "custom", message, input: value });
            }),
          )
          .default([])
          .describe(
            "Appended to the installed system's kernel command line; what breaks a device is refused. Settings of the network (ip=, nameserver=, bond=, vlan=) stay after the first boot.",
          ),
        board: z.enum(boards).optional().describe("A machine that needs special handling."),
        encryption: z
          .literal("tpm2")
          .optional()
          .describe("Encrypt the root file system. Only the machine's TPM 2.0 can unlock it."),
        ring: z
          .string()
          .optional()
          .describe("Ring of devices that set none, if their site sets none either."),
        labels: levelLabels.describe("Labels of every device of this profile."),
        ...machineFields,
        parts: partsSchema(parts),
        butane,
      }),
    )
    .describe("Hardware types.");
}

export function sitesSchema(parts?: ValuesSchemas) {
  return z
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
        profile: z.string().optional().describe("Profile of the site's devices that set none."),
        ring: z.string().optional().describe("Ring of the site's devices that set none."),
        hub: label
          .optional()
          .describe("The hub.name of the environment that has the site's devices."),
        labels: levelLabels.describe("Labels of every device of this site."),
        ...machineFields,
        parts: partsSchema(parts),
        butane,
      }),
    )
    .describe("Locations of devices.");
}

export function devicesSchema(parts?: ValuesSchemas) {
  const fields = { ...deviceFields, parts: partsSchema(parts) };
  return z
    .record(
      deviceName,
      z.strictObject({
        ...fields,
        overrides: z
          .record(z.string(), z.strictObject(fields))
          .default({})
          .describe("Devices of this range with other settings, by name."),
      }),
    )
    .describe("Devices by name, or by a range such as store-{0001..0200}.");
}
