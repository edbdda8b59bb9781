/**
 * The grammar of `platform` in fleet.yaml. The options of each add-on are declared in its own file
 * in gitops/addons/: see Extensions in fleet-schema.ts.
 */
import { z } from "zod";
import type { AddonDeclaration } from "../model/addons.ts";
import { matching } from "./value-schemas.ts";
import { hostNames } from "../model/platform.ts";

const host = matching(
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "a valid host name. Write a name below the domain, in lower case.",
);

const login = z
  .strictObject({
    github: z
      .strictObject({
        organization: matching(
          /^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$/,
          "a valid GitHub organization. Write its name as in its URL.",
        ).describe("Members of this GitHub organization may sign in and have read access."),
        administrators: matching(
          /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
          "a valid GitHub team. Write its name as in its URL, in lower case.",
        )
          .optional()
          .describe("A team of the organization with write access; default: nobody."),
      })
      .describe("Sign-in with GitHub."),
  })
  .describe("Who may sign in to the hub's web pages.");

/** What can be written under `platform.addons`. */
export function addonsSchema(
  addons: readonly AddonDeclaration[],
): z.ZodType<Record<string, unknown>> {
  const settings = addons.map(
    ({ name, description, options }) => [name, options.optional().describe(description)] as const,
  );
  return z.strictObject(Object.fromEntries(settings));
}

/** @param addons what can be written for add-ons; undefined: anything */
export function platformSchema(addons?: z.ZodType<Record<string, unknown>>) {
  return z
    .strictObject({
      email: z
        .email({
          error: "this is not a valid e-mail address. Write one like platform@example.com.",
        })
        .describe("E-mail address for Let's Encrypt and for alerts."),
      login,
      hosts: z
        .strictObject(
          Object.fromEntries(
            hostNames.map((name) => [
              name,
              host.optional().describe(`Host name of ${name}; default: ${name}.<domain>.`),
            ]),
          ) as Record<(typeof hostNames)[number], z.ZodOptional<typeof host>>,
        )
        .prefault({})
        .describe("Host names of the hub's web pages; default: argocd.<domain> and so on."),
      addons: (addons ?? z.record(z.string(), z.unknown()))
        .prefault({})
        .describe("Options of add-ons. All of them are enabled by default."),
    })
    .optional()
    .describe(
      "The hub's production runtime: ingress, TLS, DNS, sign-on, logs, metrics; default: none.",
    );
}
