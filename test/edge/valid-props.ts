/** Props of Flotilla's own parts, for tests of what is wrong with them. */
import { fleetRootCertificate } from "../../fleet/keys/authorities.ts";
import { RootKey } from "../../fleet/keys/root-key.ts";
import { sampleFleet } from "../sample.ts";

export type Props = Readonly<Record<string, unknown>>;

export const pem = "-----BEGIN CERTIFICATE-----\nc2FtcGxl\n-----END CERTIFICATE-----\n";
const sha256 = "5".repeat(64);
const wireguard = "cHJpdmF0ZXByaXZhdGVwcml2YXRlcHJpdmF0ZXByaXY=";
const sshKey = sampleFleet.sshKeys[0] ?? "";
export const window = { days: ["Mon"], start: "02:00", lengthMinutes: 60 };
export const ip = { method: "auto", addresses: [], dns: [], dnsSearch: [], routes: [] };
export const ethernet = { name: "eno1", type: "ethernet", ipv4: ip, ipv6: ip };
export const statically = (rest: Props) => ({
  interfaces: [
    { ...ethernet, ipv4: { ...ip, method: "manual", addresses: ["10.1.0.5/24"], ...rest } },
  ],
});
export const otherDisk = "/dev/disk/by-id/ata-SSD_1";

/** Valid props of each part that has any, with all that are optional. */
export const valid: Readonly<Record<string, Props>> = {
  BootMirror: { disks: ["/dev/sda", "/dev/sdb"] },
  CertificateAuthorities: { files: new Map([["etcd/peer-ca.crt", pem]]) },
  ClockSync: { servers: ["ntp.example.com", "192.0.2.1"] },
  ContainerRegistries: {
    mirrors: { "*": { endpoints: ["https://a.example.com"], rewrite: { "^a": "b" } } },
    hosts: {
      "a.example.com:5000": {
        login: { username: "till", password: "p" },
        authority: pem,
        client: { certificate: pem, key: pem },
        insecure: false,
      },
    },
  },
  DataVolume: { disk: otherDisk, path: "/var/lib/till", keep: true, filesystem: "ext4" },
  FallbackRoute: { serviceRange: "10.53.0.0/16" },
  HostFirewall: { apiAccess: "anywhere" },
  Hostname: { hostname: "till" },
  HttpProxy: {
    http: "http://proxy.example.com:3128",
    https: "http://proxy.example.com:3128",
    login: "till:secret",
    except: ["localhost", ".svc", "10.0.0.0/8", "::1"],
    exceptOfK3s: ["fc00::/7"],
  },
  HubEnrolment: { facts: { device: "0777" } },
  HubGenerations: {
    deviceAuthority: pem,
    hub: [{ generation: 1, authority: pem, gatewayKey: wireguard }],
  },
  HubTunnel: {
    privateKey: wireguard,
    address: "100.64.0.3",
    gatewayPublicKey: wireguard,
    gatewayEndpoint: "gateway.example.com:51820",
    otherEndpoints: ["[2001:db8::7]:443"],
    gatewayAddress: "100.64.0.1",
  },
  ImageArchive: { url: "https://mirror.example.com/a/k3s-airgap-images-amd64.tar.zst", sha256 },
  K3sServer: {
    release: "v1.36.4+k3s1",
    binarySha256: sha256,
    binaryUrl: "https://mirror.example.com/k3s?signed=1",
    token: "secret",
    nodeName: "till.shop",
    tlsSans: ["till.example.com", "100.64.0.3"],
    clientAuthoritiesFile: "/etc/flotilla/hub/trusted.pem",
    node: {
      disable: ["traefik"],
      nodeLabels: { "example.com/till": "1", a: "" },
      nodeTaints: ["dedicated=till:NoSchedule"],
      nodeInterface: "enp1s0",
      followAddress: true,
      kubeletArguments: ["max-pods=60"],
      apiServerArguments: ["event-ttl=10m"],
      podRange: "10.52.0.0/16",
      serviceRange: "10.53.4.0/22",
    },
  },
  LocalUser: {
    name: "ann",
    keys: [sshKey],
    passwordHash: "$y$j9T$salt$hashhash",
    groups: ["sudo"],
  },
  NetworkInterfaces: { interfaces: [ethernet] },
  NodeAddress: { nodeInterface: "enp1s0" },
  RegistryMirror: { endpoint: "https://mirror.example.com" },
  SshAccess: { keys: [sshKey] },
  TimeZone: { timeZone: "Europe/Dublin" },
  TrustedAuthorities: {
    authorities: [fleetRootCertificate(sampleFleet, new RootKey(new Uint8Array(32).fill(3)))],
  },
  UpdateStrategy: { timeZone: "Europe/Dublin", windows: [window], rolloutWariness: 0.5 },
};
