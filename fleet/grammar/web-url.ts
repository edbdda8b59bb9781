/** URLs that devices and K3s' containerd ask: HTTP or HTTPS, without a login. */
import { isLinkLocal, parseIp } from "../model/ip.ts";
import { isAuthority } from "./hosts.ts";
import { text } from "./value-schemas.ts";

/**
 * A registry or a mirror of one.
 *
 * containerd asks a URL with a path as it is (docs.k3s.io), and every registry has its API below /v2
 * (OCI distribution specification): Harbor's cache of Docker Hub is https://harbor.example.com/v2/hub.
 */
export function registryUrl(example: string, withLogin?: string) {
  return webUrl(example, withLogin).check(({ value, issues }) => {
    const [, origin, path = ""] = /^(https?:\/\/[^/]+)\/+(.*?)\/*$/.exec(value) ?? [];
    if (path === "" || path.split("/").includes("v2")) return;
    const message = `"${value}" has a path without /v2, and K3s asks this path as it is. Write ${origin}/v2/${path}, or rewrite the names.`;
    issues.push({ code: "custom", message, input: value });
  });
}

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
