/**
 * The grammar of `proxy`: the HTTP proxy of a site. The forms are those that all programs on a device
 * understand: curl in rpm-ostree, Zincati, and Go's in Ignition and K3s.
 */
import { z } from "zod";
import { parseAddress, parseRange } from "../model/addresses.ts";
import { parseIpInNetwork } from "../model/ip.ts";
import { isHost, isHostName, isIpv6, isLoopback } from "./hosts.ts";
import { secretReference } from "./secret-reference.ts";
import { text } from "./value-schemas.ts";

const example = "Write one like http://proxy.example.com:3128.";

const inGit =
  "this URL contains a login, and the fleet file is in Git. Write the URL without it, and the login under login, like { env: PROXY_LOGIN }.";

/** @param withLogin the message on one that has a login */
export const proxyUrl = (withLogin = inGit) => text((value) => proxyProblem(value, withLogin));

function proxyProblem(value: string, withLogin: string): string | undefined {
  const found = JSON.stringify(value);
  if (/^[^/]*\/\/[^/]*@|^[^/]*@/.test(value)) return withLogin;
  const [, scheme = "", rest = ""] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(value) ?? [];
  if (scheme === "") return `${found} has no scheme. ${example}`;
  if (/^socks/i.test(scheme)) {
    return `${found} is a SOCKS proxy, which Ignition cannot use. Write the URL of an HTTP proxy, like http://proxy.example.com:3128.`;
  }
  if (!["http", "https"].includes(scheme)) {
    return `${found} has the scheme ${scheme}, expected http or https. ${example}`;
  }
  const [, host = "", port, path = ""] =
    /^(\[[^\]]*\]|[^:/?#[\]]*)(?::([^/?#]*))?(.*)$/.exec(rest) ?? [];
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  if (/^[0-9a-fA-F]*:[0-9a-fA-F:]*:/.test(rest)) {
    return `${found} has an IPv6 address without brackets. Write one like http://[2001:db8::9]:3128.`;
  }
  if (!(host.startsWith("[") ? isIpv6(bare) : isHost(host))) {
    return `${found} has no valid host. ${example}`;
  }
  if (path !== "" && path !== "/") {
    return `${found} has a path, and a proxy has none. Write scheme, host and port only, like http://proxy.example.com:3128.`;
  }
  if (port === undefined || port === "") {
    return `${found} has no port, and programs do not agree about the default one. ${example}`;
  }
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    return `${found} has an invalid port, expected 1 to 65535. ${example}`;
  }
  return isLoopback(bare)
    ? `${found} is the device itself, where no proxy runs at the first boot. Write the proxy of the site.`
    : undefined;
}

/** A host, a domain or a range that is reached without the proxy. */
export const exception = text((value) => {
  const found = JSON.stringify(value);
  if (value.includes("://")) {
    return `${found} has a scheme. Write the host only, like registry.example.com.`;
  }
  if (/[\s,;|]/.test(value)) {
    return `${found} is more than one exception. Write each of them as an item of the list.`;
  }
  if (value === "*") return `${found} would exclude every host. Omit proxy instead.`;
  if (value.startsWith("*.") && isHostName(value.slice(2))) {
    return `${found} has a wildcard, which not every program understands. Write ${value.slice(1)}: it matches all names below that domain.`;
  }
  if (value.includes("/")) return rangeProblem(value);
  if (/^(\[.*\]|[^:]*):[0-9]*$/.test(value) && !isIpv6(value)) {
    return `${found} has a port, which not every program understands. Write the host only.`;
  }
  const isValid = isHost(value.startsWith(".") ? value.slice(1) : value);
  const isDottedAddress = value.startsWith(".") && !isHostName(value.slice(1));
  return isValid && !isDottedAddress
    ? undefined
    : `${found} is not a valid exception. Write a name, a domain with a leading dot, an address or a range, like .example.com or 10.0.0.0/8.`;
});

function rangeProblem(value: string): string | undefined {
  const [base = ""] = value.split("/");
  if (isIpv6(base)) {
    return parseIpInNetwork(value) !== undefined
      ? undefined
      : `"${value}" is not a valid IPv6 range. Write an address and a prefix length, like 2001:db8::/32.`;
  }
  if (parseAddress(base) === undefined && isHostName(base)) {
    return `"${value}" has a path. Write the host only, like registry.example.com.`;
  }
  const range = parseRange(value);
  return typeof range === "string" ? range : undefined;
}

export const proxy = z
  .strictObject({
    http: proxyUrl()
      .nullish()
      .describe(
        "URL of the proxy for http:// addresses, and for https:// ones if https is omitted.",
      ),
    https: proxyUrl()
      .nullish()
      .describe("URL of the proxy for https:// addresses; default: that of http."),
    except: z
      .array(exception)
      .min(1, { error: "this list is empty. Write at least one exception, or omit the key." })
      .max(100)
      .nullish()
      .describe(
        "Names, domains (.example.com), addresses and ranges that are reached without the proxy. The device's own ranges, the tunnel's and the site's network always are.",
      ),
    login: secretReference("user:password for the proxy"),
  })
  .nullish()
  .describe(
    "The HTTP proxy by which devices reach the internet. The tunnel and NTP do not go through it.",
  );
