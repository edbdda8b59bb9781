/** The grammar of a secret that is not in the fleet file. */
import { z } from "zod";
import { matching } from "./value-schemas.ts";

/** Shown in messages and descriptions. */
const example = "Write { file: path } or { env: NAME }";

/**
 * A secret in a file or in an environment variable, which is read when an image is made.
 *
 * @param what what it is, for the description: `The passphrase of the network`
 */
export function secretReference(what: string) {
  const error = `found a value that is not a reference to a secret. ${example}: the fleet file is in Git.`;
  return z
    .union(
      [
        z.strictObject({
          file: z.string().min(1).max(1024).describe("Path, relative to this file's folder."),
        }),
        z.strictObject({
          env: matching(
            /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
            "a valid name of an environment variable. Write one like WIFI_PASSPHRASE.",
          ).describe("Name of an environment variable."),
        }),
      ],
      { error },
    )
    .nullish()
    .describe(`${what}, read from a file or an environment variable when an image is made.`);
}

export type SecretInput = { readonly file: string } | { readonly env: string };
