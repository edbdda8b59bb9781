/** The commands for a hub in your own cluster: the kubeconfig has its context already. */
import { hasAddon } from "../../../fleet/model/addons.ts";
import { parseIp } from "../../../fleet/model/ip.ts";
import type { CloudCommands, FleetIn } from "./cloud.ts";
import { clusterChecks, gatewayRecordCheck } from "./existing-checks.ts";

type ExistingFleet = FleetIn<"existing">;

export function existingCommands(fleet: ExistingFleet): CloudCommands {
  const { cloud, tunnel } = fleet;
  const { context } = cloud;
  return {
    tools: [],
    kubectlInstall: "install it: https://kubernetes.io/docs/tasks/tools/",
    loginChecks: async () => [],
    checks: (_machine, session) =>
      Promise.all([
        clusterChecks(fleet, cloud, session),
        gatewayRecordCheck(tunnel.endpoint, cloud),
      ]),
    context,
    isContextDeclared: true,
    contextCommand: `kubectl config use-context ${context}`,
    logIn: async () => true,
    records: records(fleet),
  };
}

function records({ cloud, tunnel, platform }: ExistingFleet): readonly string[] {
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
