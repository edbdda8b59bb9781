/** URLs that devices and K3s' containerd ask: HTTP or HTTPS, without a login. */
import { isLinkLocal, parseIp } from "../model/ip.ts";
import { isAuthority } from "./hosts.ts";
import { text } from "./value-schemas.ts";

/**
 * @param example of a valid one
 * @param withLogin the message on one that has a login @default it says that the file is in Git
 */
export function webUrl(example: string, withLogin?: string) {
  return text((value) => {
    const write = `Write one like ${example}.`;
    const invalid = `${JSON.stringify(value)} is not a valid HTTP or HTTPS URL. ${write}`;
    const [, written = ""] = /^https?:\/\/([^/\s?#]+)(?:\/[^\s?#]*)?$/.exec(value) ?? [];
    const [, login, authority = ""] = /^(.*@)?([^@]*)$/.exec(written) ?? [];
    // Programs in Go, such as K3s, take no host that only a browser understands. A LAN has names with underscores,
    // and a name may end with a dot.
    const host = authority.replaceAll("_", "-").replace(/\.(?=:|$)/, "");
    if (!isAuthority(host) || !URL.canParse(value)) return invalid;
    const ip = parseIp(authority.replace(/^\[(.*)\].*/, "$1"));
    if (ip !== undefined && isLinkLocal(ip)) {
      return `${JSON.stringify(value)} is reachable on its own link only. Write another address.`;
    }
    if (login === undefined) return undefined;
    const inGit = "this URL contains a user or a password, and the fleet file is in Git.";
    return withLogin ?? `${inGit} ${write}`;
  });
}
