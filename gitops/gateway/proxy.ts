/**
 * The settings of the gateway's proxy: it takes a client to the API server of a device that dials
 * this gateway, and nowhere else. TLS goes through it unseen.
 *
 * Directives as Squid 5 to 7 know them (squid-cache.org, "Squid configuration directives").
 */
import { devicePort, proxyPort } from "../../fleet/model/contract.ts";

export interface ProxyProps {
  /** The devices' addresses, in CIDR form. */
  readonly devicesRange: string;
  /** The addresses of the hub's pods, in CIDR form. */
  readonly podsRange: string;
}

export function proxySettings(props: ProxyProps): string {
  return `# Written by flotilla.
http_port ${proxyPort}

acl pods src ${props.podsRange}
acl connect method CONNECT
acl api port ${devicePort}
# An address and no name: nothing here asks a name server.
acl address dstdom_regex -n ^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$
acl devices dst ${props.devicesRange}
http_access deny !connect
http_access deny !api
http_access deny !address
http_access deny !devices
http_access allow pods
http_access allow localhost
http_access deny all

# A device that is away is refused by a route, at once; this is for one that went a moment ago.
connect_timeout 5 seconds
connect_retries 0
forward_max_tries 1
# One or two connections for each device, two files for each connection.
max_filedescriptors 16384

cache deny all
cache_mem 0 MB
memory_pools off
pinger_enable off
netdb_filename none
pid_filename none
coredump_dir /tmp
shutdown_lifetime 2 seconds
visible_hostname gateway
httpd_suppress_version_string on

# Not the kubelet, which looks whether the port is open and says nothing.
acl asked has request
access_log stdio:/dev/stdout asked
cache_log stdio:/dev/stderr
cache_store_log none
logfile_rotate 0
`;
}
