/**
 * The grammar of the part `platform` of fleet.yaml. What each add-on understands stands in its own
 * file of gitops/addons/ and comes in from there: see Extensions in fleet-schema.ts.
 */
import { z } from "zod";
import type { AddonDeclaration } from "../model/addons.ts";
import { matching } from "./value-schemas.ts";
import { hostNames } from "../model/fleet.ts";

const host = matching(
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "no host name. Write one below the domain, in lower case.",
);

const login = z
  .strictObject({
    github: z
      .strictObject({
        organization: matching(
          /^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$/,
          "no GitHub organization. Write its name as in its address.",
        ).describe("Members of this GitHub organization may sign in and see."),
        administrators: matching(
          /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
          "no GitHub team. Write the team's name as in its address, in lower case.",
        )
          .optional()
          .describe("A team of the organization that may change things; default: nobody."),
      })
      .describe("Sign-in with GitHub."),
  })
  .describe("Who signs in on the hub's pages.");

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
        .email({ error: "this is no e-mail address. Write one like platform@example.com." })
        .describe("Let's Encrypt and the alerts write to it."),
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
        .describe("Names of the hub's pages below the domain; default: argocd.<domain> and so on."),
      addons: (addons ?? z.record(z.string(), z.unknown()))
        .prefault({})
        .describe("Settings of single add-ons; all of them are on."),
    })
    .optional()
    .describe(
      "The hub's production runtime: ingress, TLS, DNS, sign-on, logs, metrics. Default: none.",
    );
}
