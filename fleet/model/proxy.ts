/** How a device reaches the internet where a site has an HTTP proxy or authorities of its own. */
import type { SecretReference } from "./secret-reference.ts";

export interface Proxy {
  /** `http://proxy.example.com:3128`, for http:// addresses; null: they are reached without it. */
  readonly http: string | null;
  /** The same for https:// addresses. */
  readonly https: string;
  /** Names, domains, addresses and ranges that are reached without the proxy. */
  readonly except: readonly string[];
  /** `user:password`; null: the proxy asks for none. */
  readonly login: SecretReference | null;
}

/** A file with certificates that the device trusts. */
export interface TrustedFile {
  /** As fleet.yaml names it. */
  readonly name: string;
  /** The certificates in it, without anything else. */
  readonly pem: string;
}
