/** What the package exports as `flotilla/infra`: the hub's stacks, and what they are made of. */
export { HubApp, type HubAppProps } from "./app.ts";
export type { CloudHub, ClusterAccess } from "./cloud.ts";
export {
  ExistingClusterAccess,
  type ExistingClusterAccessProps,
} from "./existing/cluster-access.ts";
export { ArgoCdStack, type ArgoCdStackProps } from "./stacks/argocd.ts";
export { GitHubStack, type GitHubStackProps } from "./stacks/github.ts";
export { HubStack, type HubStackProps } from "./stacks/hub.ts";
export { HubAddresses, type HubAddressesProps } from "./google/addresses.ts";
export { HubBackup, type HubBackupProps } from "./google/backup.ts";
export { HubBudget, type HubBudgetProps } from "./google/budget.ts";
export { GoogleClusterAccess, type GoogleClusterAccessProps } from "./google/cluster-access.ts";
export { HubCluster, type HubClusterProps } from "./google/cluster.ts";
export { HubDns, type HubDnsProps } from "./google/dns.ts";
export { HubEncryption, type HubEncryptionProps } from "./google/encryption.ts";
export { GoogleHub, type GoogleHubProps } from "./google/hub.ts";
export { HubIdentities, type HubIdentitiesProps } from "./google/identities.ts";
export { HubNetwork, type HubNetworkProps } from "./google/network.ts";
export { HubNodeAccount, type HubNodeAccountProps } from "./google/node-account.ts";
export { HubNodePools, type HubNodePoolsProps } from "./google/node-pools.ts";
export type { PodAccountProps, PodIdentity } from "./google/pod-account.ts";
export { HubSecretAccess, type HubSecretAccessProps } from "./google/secret-access.ts";
export { HubServices, type HubServicesProps } from "./google/services.ts";
export { fleetLabels } from "./google/labels.ts";
