/** What the package exports as `flotilla/edge`: devices, their parts, and the images that install them. */
export { EdgeApp, type EdgeAppProps, type EdgeFile } from "./app.ts";
export { EdgeDevice, type EdgeDeviceProps } from "./device.ts";
export type { KeptData } from "./additions.ts";
export type { Owners, OwnSystem } from "./snippets/own-system.ts";
export type { TreeChanges } from "../fleet/files/output-folder.ts";
export type { DevicePartClass, DevicePartProps } from "./device-part.ts";
export { EdgeImage, type EdgeImageProps } from "./image.ts";
export { openImage, type Image } from "./iso/image.ts";
export type { AreaPointer, ArgumentAreas, ImageFeatures, ImageJson } from "./iso/image-json.ts";
export type { Volume } from "./formats/iso9660.ts";
export { memorySource, type ByteSource, type Extent, type Patch } from "./formats/bytes.ts";
export { openFileSource, type FileSource } from "../fleet/files/file-source.ts";
export type {
  ButaneBootDevice,
  ButaneConfig,
  ButaneDirectory,
  ButaneDisk,
  ButaneFile,
  ButaneFilesystem,
  ButaneIgnition,
  ButaneLink,
  ButaneProxy,
  ButaneUnit,
  ButaneUser,
  InlineContents,
  RemoteContents,
} from "./butane/config.ts";
export { AuditPolicy } from "./parts/audit-policy.ts";
export {
  CertificateAuthorities,
  type CertificateAuthoritiesProps,
} from "./parts/certificate-authorities.ts";
export { BootMirror, type BootMirrorProps } from "./parts/boot-mirror.ts";
export { CertificateReport } from "./parts/certificate-report.ts";
export { ClockSync, type ClockSyncProps } from "./parts/clock-sync.ts";
export { ConsoleMessages } from "./parts/console-messages.ts";
export { DataVolume, type DataVolumeProps } from "./parts/data-volume.ts";
export { DiskEncryption } from "./parts/disk-encryption.ts";
export { FallbackRoute, type FallbackRouteProps } from "./parts/fallback-route.ts";
export { HostFirewall, type HostFirewallProps } from "./parts/host-firewall.ts";
export { Hostname, type HostnameProps } from "./parts/hostname.ts";
export { HubEnrolment, type HubEnrolmentProps } from "./parts/hub-enrolment.ts";
export { HubGenerations, type HubGenerationsProps } from "./parts/hub-generations.ts";
export { HubTunnel, type HubTunnelProps } from "./parts/hub-tunnel.ts";
export { HttpProxy, type HttpProxyProps } from "./parts/http-proxy.ts";
export { ImageArchive, type ImageArchiveProps } from "./parts/image-archive.ts";
export { K3sServer, type K3sServerProps } from "./parts/k3s-server.ts";
export { LocalUser, type LocalUserProps } from "./parts/local-user.ts";
export {
  NetworkInterfaces,
  type DeviceInterface,
  type NetworkInterfacesProps,
} from "./parts/network-interfaces.ts";
export { NodeAddress, type NodeAddressProps } from "./parts/node-address.ts";
export { PodNameServers } from "./parts/pod-name-servers.ts";
export {
  ContainerRegistries,
  type ContainerHost,
  type ContainerMirror,
  type ContainerRegistriesProps,
} from "./parts/container-registries.ts";
export { RegistryMirror, type RegistryMirrorProps } from "./parts/registry-mirror.ts";
export { SelinuxPolicy } from "./parts/selinux-policy.ts";
export { SshAccess, type SshAccessProps } from "./parts/ssh-access.ts";
export { TimeZone, type TimeZoneProps } from "./parts/time-zone.ts";
export { TrustedAuthorities, type TrustedAuthoritiesProps } from "./parts/trusted-authorities.ts";
export { UpdateReport } from "./parts/update-report.ts";
export { UpdateStrategy, type UpdateStrategyProps } from "./parts/update-strategy.ts";
