/**
 * Words that other tools have for keys of fleet.yaml: netplan, nmstate, cloud-init, K3s, Talos, Edge Image Builder, SiteConfig
 * and Kairos. They are not aliases; the message on an unknown key names the key that was meant.
 */

/** In lower case, without hyphens and underscores: the keys, of which the first that is known here is meant. */
const otherWords: Readonly<Record<string, readonly string[]>> = {
  // Networks
  dhcp: ["ipv4"],
  dhcp4: ["ipv4"],
  dhcp6: ["ipv6"],
  dnsservers: ["dns"],
  nameserver: ["dns"],
  nameservers: ["dns"],
  search: ["dnsSearch"],
  searchdomains: ["dnsSearch"],
  nexthop: ["via"],
  nexthopaddress: ["via"],
  destination: ["to"],
  dst: ["to"],
  mac: ["macAddress"],
  hwaddr: ["macAddress"],
  hardwareaddr: ["macAddress"],
  macaddr: ["macAddress"],
  interfaces: ["ports"],
  members: ["ports"],
  slaves: ["ports"],
  parameters: ["options"],
  link: ["parent"],
  baseiface: ["parent"],
  rawdevice: ["parent"],
  tag: ["id"],
  vlanid: ["id"],
  essid: ["ssid"],
  psk: ["passphrase"],
  password: ["passphrase", "passwordHash"],
  networks: ["interfaces"],
  ethernets: ["interfaces"],
  miimonitorinterval: ["miimon"],
  transmithashpolicy: ["xmit_hash_policy"],
  // Proxy, time, trust
  httpproxy: ["http", "proxy"],
  httpsproxy: ["https", "proxy"],
  noproxy: ["except"],
  ntp: ["ntpServers"],
  timeservers: ["ntpServers"],
  additionalntpsources: ["ntpServers"],
  ca: ["certificateAuthority", "certificateAuthorities"],
  cacert: ["certificateAuthority", "certificateAuthorities"],
  cacerts: ["certificateAuthorities"],
  cafile: ["certificateAuthority"],
  trustedca: ["certificateAuthorities"],
  // Registries
  configs: ["hosts"],
  endpoint: ["endpoints"],
  auth: ["login"],
  credentials: ["login"],
  certfile: ["clientCertificate"],
  keyfile: ["clientKey"],
  insecure: ["insecureSkipVerify"],
  skipverify: ["insecureSkipVerify"],
  // People
  passwd: ["passwordHash"],
  hashedpasswd: ["passwordHash"],
  authorizedkeys: ["sshKeys"],
  sshauthorizedkeys: ["sshKeys"],
  sshkey: ["sshKeys"],
  // K3s
  clustercidr: ["podRange"],
  podcidr: ["podRange"],
  podsubnets: ["podRange"],
  servicecidr: ["serviceRange"],
  servicesubnets: ["serviceRange"],
  nodeip: ["nodeAddress"],
  kubeletarg: ["kubeletArguments"],
  kubeletextraargs: ["kubeletArguments"],
  extraargs: ["kubeletArguments"],
  kubeapiserverarg: ["apiServerArguments"],
  taints: ["nodeTaints"],
  // Disks
  size: ["sizeMin"],
  minsize: ["sizeMin"],
  maxsize: ["sizeMax"],
  rootdevicehints: ["disk"],
  installdisk: ["disk"],
  mount: ["path"],
  mountpoint: ["path"],
  format: ["filesystem"],
  fstype: ["filesystem"],
  kargs: ["kernelArguments"],
  extrakernelargs: ["kernelArguments"],
};

/** The key of `known` that another tool calls `word`. */
export function keyOfOtherWord(word: string, known: readonly string[]): string | undefined {
  const plain = word.toLowerCase().replaceAll(/[-_]/g, "");
  const keys = Object.hasOwn(otherWords, plain) ? otherWords[plain] : undefined;
  return keys?.find((key) => known.includes(key));
}
