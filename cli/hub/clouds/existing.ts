/** The commands for a hub in your own cluster: the kubeconfig has its context already. */
import { hasAddon } from "../../../fleet/model/addons.ts";
import type { ExistingCluster } from "../../../fleet/model/cloud.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { parseIp } from "../../../fleet/model/ip.ts";
import type { CloudCommands } from "./cloud.ts";
import { clusterChecks, gatewayRecordCheck } from "./existing-checks.ts";

export function existingCommands(fleet: Fleet, cloud: ExistingCluster): CloudCommands {
  const { context } = cloud;
  return {
    tools: [],
    kubectlInstall: "install it: https://kubernetes.io/docs/tasks/tools/",
    loginChecks: async () => [],
    checks: (_machine, session) =>
      Promise.all([
        clusterChecks(fleet, cloud, session),
        gatewayRecordCheck(fleet.tunnel.endpoint, cloud),
      ]),
    context,
    isContextDeclared: true,
    contextCommand: `kubectl config use-context ${context}`,
    logIn: async () => true,
    records: records(fleet, cloud),
  };
}

function records({ tunnel, platform }: Fleet, cloud: ExistingCluster): readonly string[] {
  const { host } = tunnel.endpoint;
  const { gateway, ingress } = cloud;
  const isName = parseIp(host) === undefined;
  const hosts =
    platform === null || ingress === null || hasAddon({ platform }, "external-dns")
      ? []
      : Object.values(platform.hosts);
  return [
    ...(isName ? [`${host}. A ${gateway.address}`] : []),
    ...hosts.map((name) => `${name}. A ${ingress?.address}`),
  ];
}
