/** The fleets of the gateway's tests, what is synthesized for them, and what the tests need. */
import { spawnSync } from "node:child_process";
import { loadAll } from "js-yaml";
import { publicKeys } from "../../../fleet/keys/secrets.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { peerPath } from "../../peers/peers.ts";
import { sampleFleet, samplePlatform } from "../../sample.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import type { Device } from "../../../fleet/model/device.ts";

export const key = new RootKey(Uint8Array.from({ length: 32 }, (_, index) => index + 100));
export const busybox = peerPath("emulator-debian-12/busybox");

/** The host's wg, ip and nft are what a test of the gateway can't do without. */
export function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root";
  const tools = ["wg", "ip", "nft", "squid", "dash", "wireguard-go"];
  const absent = tools.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
  if (absent.length > 0) return `there is no ${absent.join(", ")}; run test/peers/build.sh debian`;
  if (busybox === undefined) return "there is no busybox; run test/peers/build.sh emulator";
  return undefined;
}

/** The sample fleet with `count` devices behind the gateway: store-0001 at 100.64.0.2 and so on. */
export function fleetOf(count: number): Fleet {
  const [, kiosk] = sampleFleet.devices as [Device, Device];
  const devices = Array.from({ length: count }, (_, index) => ({
    ...kiosk,
    name: `store-${String(index + 1).padStart(4, "0")}`,
    address: `100.64.${(index + 2) >> 8}.${(index + 2) & 255}`,
  }));
  // Its nodes hold fewer devices than some benchmarks ask for.
  const nodePool = { ...sampleFleet.cloud.nodePool, machineType: null };
  return { ...sampleFleet, devices, cloud: { ...sampleFleet.cloud, nodePool } };
}

/** The same with a hub that takes telemetry in. */
export function telemetryFleetOf(count: number): Fleet {
  return { ...fleetOf(count), platform: samplePlatform };
}

interface ConfigMap {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}
interface Deployment {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly command: readonly string[];
          readonly env?: readonly { readonly name: string; readonly value: string }[];
        }[];
      };
    };
  };
}

/** What is synthesized for the first gateway of a fleet. */
export function synthesized(fleet: Fleet) {
  const tree = synthesizeState(fleet, publicKeys(fleet, key));
  const objects = (path: string) => loadAll(tree.get(path) ?? "") as (ConfigMap | Deployment)[];
  const [peers] = objects("hub/gateway/gateway-peers.yaml") as ConfigMap[];
  const own = objects("hub/gateway/gateway.yaml");
  const settings = own.find((object) => object.kind === "ConfigMap") as ConfigMap;
  const deployment = own.find((object) => object.kind === "Deployment") as Deployment;
  const [tunnel, , metrics, collector] = deployment.spec.template.spec.containers;
  const environmentOf = (container: typeof tunnel) =>
    Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  return {
    peers: peers?.data["peers.conf"] ?? "",
    /** The tunnel's programs and the proxy's settings, by their file names. */
    settings: settings.data,
    environment: environmentOf(tunnel),
    /** Undefined where the hub takes no telemetry in. */
    collector: collector && {
      script: settings.data["collector.mjs"] ?? "",
      devices: peers?.data["devices.txt"] ?? "",
      environment: environmentOf(collector),
    },
    metricsCommand: metrics?.command ?? [],
  };
}
