/** Checks that the hub's zone is delegated to Google's name servers. */
import { Resolver } from "node:dns/promises";
import { advice, ok, unknown, type Check } from "../checks/check.ts";

/** Cloud DNS' own servers. */
const googleServer = /^ns-cloud-[a-z][1-4]\.googledomains\.com$/;

const name = "DNS delegation";

/** @param resolve the name servers of a zone; it throws an error with a `code` */
export async function delegationCheck(
  domain: string,
  resolve: (domain: string) => Promise<readonly string[]> = nameServers,
): Promise<readonly Check[]> {
  const fix =
    `after the first deploy, add the NS records that it prints for ${domain}, at the provider of ` +
    "the parent domain";
  try {
    const servers = await resolve(domain);
    const foreign = servers.filter((server) => !googleServer.test(server));
    return foreign.length === 0
      ? [ok(name, `${domain}: ${servers.toSorted().join(", ")}`)]
      : [advice(name, `${domain} is served by ${foreign.toSorted().join(", ")}`, fix)];
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return ["ENODATA", "ENOTFOUND", "NXDOMAIN"].includes(code)
      ? [advice(name, `${domain} has no name servers`, fix)]
      : [unknown(name, `the name servers of ${domain} can't be resolved (${code})`)];
  }
}

function nameServers(domain: string): Promise<readonly string[]> {
  return new Resolver({ timeout: 3000, tries: 1 }).resolveNs(domain);
}
