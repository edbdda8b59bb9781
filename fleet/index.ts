/** What the package exports as `flotilla/fleet`: the types of a resolved fleet. */
export type { Fleet, SigningKey } from "./model/fleet.ts";
export type {
  Architecture,
  Board,
  Device,
  Mirror,
  Profile,
  Site,
  Snippet,
} from "./model/device.ts";
export type { DataVolume, DiskHint, DiskMirror, InstallDisk } from "./model/disk.ts";
export type { LocalFile, LocalFiles } from "./model/local-files.ts";
export type { Maintenance, MaintenanceWindow } from "./model/maintenance.ts";
export type {
  Cloud,
  ClusterEntrance,
  ExistingCluster,
  GoogleCloud,
  HubNetwork,
} from "./model/cloud.ts";
export type { HostName, Platform } from "./model/platform.ts";
export type { AddonChart, AddonDeclaration, AddonOptions } from "./model/addons.ts";
export type { Artifact, ChartPin, ChartPins, K3sUpgrade, Pins } from "./model/pins.ts";
export type {
  ManifestFile,
  Place,
  PodSecurity,
  Workload,
  WorkloadChart,
  WorkloadSecret,
} from "./model/workload.ts";
export type { Kind } from "./model/kinds.ts";
export { mergeValues, type Values } from "./model/values.ts";
export { InputError, formatMistake, type Mistake } from "./grammar/mistakes.ts";
export type { DialledGateway, Machine, User } from "./model/machine.ts";
export type { MachineMatch } from "./model/match.ts";
export type { K3sNode } from "./model/k3s-node.ts";
export type {
  InterfaceType,
  IpKey,
  IpMethod,
  IpSettings,
  NetworkInterface,
  Route,
  WifiSecurity,
} from "./model/network-interface.ts";
export type { BondMode } from "./model/bond-options.ts";
export type { Proxy, TrustedFile } from "./model/proxy.ts";
export type { Registries, RegistryHost, RegistryMirrors } from "./model/registries.ts";
export type { SecretForm, SecretReference } from "./model/secret-reference.ts";
export type { HubIdentity } from "./model/secrets.ts";
export type { AccountUse } from "./model/contract.ts";
export type { Calendar } from "./rules/calendar.ts";
