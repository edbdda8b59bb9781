/**
 * Which devices have followed the hub to its present generation of keys. A handshake with a gateway that
 * has the keys of a generation is the proof: with it a device drops the older ones
 * (edge/parts/hub-generations/follow-hub.sh). A gateway that has restarted knows no older handshake, so
 * a device without one may have followed before: nobody can say.
 */
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { gatewayOf, gatewaysOf } from "../../../fleet/rules/gateways.ts";
import type { DeviceKeys, DeviceStatus } from "./fleet-status.ts";
import type { Sources } from "./sources.ts";

export interface HubKeys {
  /** As declared. */
  readonly generation: number;
  /** Gateways that do not run with keys of this generation. */
  readonly gatewaysBehind: readonly string[];
  /** Names of devices. */
  readonly devices: Readonly<Record<DeviceKeys, readonly string[]>>;
}

/** Adds the keys of each device, as far as the hub shows; nothing before the second generation. */
export function withHubKeys(
  fleet: Fleet,
  { gatewayGenerations }: Sources,
  statuses: readonly DeviceStatus[],
): readonly DeviceStatus[] {
  if (fleet.hub.generation === 1) return statuses;
  const gateways = new Map(
    fleet.devices
      .filter(({ connectivity }) => connectivity === "gateway")
      .map((device) => [device.name, gatewayOf(fleet, device).name]),
  );
  const keysOf = ({ device, presence }: DeviceStatus): DeviceKeys => {
    const gateway = gateways.get(device);
    if (gateway === undefined) return "direct";
    const running = gatewayGenerations.get(gateway)?.value;
    if (running === undefined || presence === "unknown") return "unknown";
    return presence !== "never" && running >= fleet.hub.generation ? "new" : "old";
  };
  return statuses.map((status) => ({ ...status, hubKeys: keysOf(status) }));
}

/** Undefined before the second generation. */
export function hubKeysOf(
  fleet: Fleet,
  { gatewayGenerations }: Sources,
  devices: readonly DeviceStatus[],
): HubKeys | undefined {
  const { generation } = fleet.hub;
  if (generation === 1) return undefined;
  const having = (keys: DeviceKeys) =>
    devices.filter(({ hubKeys }) => hubKeys === keys).map(({ device }) => device);
  return {
    generation,
    gatewaysBehind: gatewaysOf(fleet)
      .map(({ name }) => name)
      .filter((name) => (gatewayGenerations.get(name)?.value ?? generation) < generation),
    devices: {
      new: having("new"),
      old: having("old"),
      direct: having("direct"),
      unknown: having("unknown"),
    },
  };
}
