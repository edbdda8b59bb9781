/**
 * The network interfaces that fleet.yaml declares, as keyfiles of NetworkManager
 * (nm-settings-keyfile(5)). The installer puts the same files where the live system and the first boot's
 * initramfs read them, so that the network is the declared one from the first second.
 *
 * Wi-Fi is in the installed system only: Fedora CoreOS has no software for it before packages are layered.
 */
import { createHash } from "node:crypto";
import { Construct } from "constructs";
import {
  kernelName,
  type IpSettings,
  type NetworkInterface,
} from "../../fleet/model/network-interface.ts";
import { declaredInterfaces, interfaceListMistakes } from "../declared-interfaces.ts";
import { EdgeDevice } from "../device.ts";
import { keyfileFolder, keyfileList, keyfileName, keyfileText } from "../keyfile.ts";
import type { KeyfileSections } from "../keyfile.ts";
import { requireProps } from "../props.ts";

export interface NetworkInterfacesProps {
  readonly interfaces: readonly DeviceInterface[];
}

/** An interface with the passphrase of its Wi-Fi, a secret. */
export interface DeviceInterface extends NetworkInterface {
  /** @default the network is open */
  readonly wifiPassphrase?: string;
}

export class NetworkInterfaces extends Construct {
  constructor(scope: Construct, id: string, props: NetworkInterfacesProps) {
    super(scope, id);
    requireProps(this, props, declaredInterfaces, (source) =>
      interfaceListMistakes(source, props.interfaces),
    );
    const device = EdgeDevice.of(this);
    for (const each of props.interfaces) {
      const file = keyfileName(each.name);
      const inline = keyfileText(sectionsOf(each));
      device.addFile(this, {
        path: `${keyfileFolder}/${file}`,
        mode: 0o600,
        contents: { inline },
      });
      if (each.type !== "wifi") device.addInstallerKeyfile(file, inline, this);
    }
  }
}

function sectionsOf(each: DeviceInterface): KeyfileSections {
  const { name, type, macAddress, mtu, controller, vlan, bond, bridge } = each;
  return [
    [
      "connection",
      {
        id: name,
        uuid: uuidOf(name),
        type,
        "interface-name": kernelName(each),
        autoconnect: true,
        master: controller && uuidOf(controller.name),
        "slave-type": controller?.type,
        // NetworkManager tries a connection four times, and then waits for a person.
        "autoconnect-retries": type === "wifi" ? 0 : undefined,
      },
    ],
    ["vlan", vlan ? { flags: 1, id: vlan.id, parent: uuidOf(vlan.parent) } : {}],
    ["bond", bond ? { mode: bond.mode, ...bond.options } : {}],
    ["bridge", bridge ? { stp: bridge.stp } : {}],
    ...wifiSections(each),
    [
      type === "wifi" ? "wifi" : "ethernet",
      { ...wifiSettings(each), "mac-address": macAddress, mtu },
    ],
    ...(controller === undefined ? ipSections(each) : []),
  ];
}

function wifiSettings({ wifi }: DeviceInterface) {
  if (wifi === undefined) return {};
  return {
    hidden: wifi.hidden ? true : undefined,
    mode: "infrastructure",
    ssid: ssidValue(wifi.ssid),
  };
}

/** Where an SSID looks like a list of bytes, or is not ASCII, it is written as one: `102;111;111;`. */
function ssidValue(ssid: string): string {
  if (/^[ -~]*$/.test(ssid) && !/^\d{1,3};|;|\\|^ | $/.test(ssid)) return ssid;
  return [...new TextEncoder().encode(ssid)].map((byte) => `${byte};`).join("");
}

const keyManagement = { wpa2: "wpa-psk", wpa3: "sae" } as const;

function wifiSections({ wifi, wifiPassphrase }: DeviceInterface): KeyfileSections {
  if (wifi === undefined || wifi.security === "open") return [];
  const keys = { "key-mgmt": keyManagement[wifi.security], psk: wifiPassphrase };
  return [["wifi-security", keys]];
}

function ipSections({ ipv4, ipv6 }: NetworkInterface): KeyfileSections {
  return [
    ["ipv4", ipSettings(ipv4)],
    ["ipv6", ipSettings(ipv6)],
  ];
}

function ipSettings(settings: IpSettings) {
  const { method, addresses, gateway, dns, dnsSearch, routes } = settings;
  const numbered = (key: string, values: readonly string[]) =>
    Object.fromEntries(values.map((value, index) => [`${key}${index + 1}`, value]));
  const routeText = ({ to, via, metric }: IpSettings["routes"][number]) => {
    const onLink = to.includes(":") ? "::" : "0.0.0.0";
    if (metric !== undefined) return `${to},${via ?? onLink},${metric}`;
    return via === undefined ? to : `${to},${via}`;
  };
  return {
    ...numbered("address", addresses),
    gateway,
    dns: keyfileList(dns),
    "dns-search": keyfileList(dnsSearch),
    "ignore-auto-dns": settings.ignoreAutoDns,
    method,
    "never-default": settings.neverDefault,
    "route-metric": settings.routeMetric,
    ...numbered("route", routes.map(routeText)),
  };
}

/** The same on every device: it names the connection for ports and VLANs, whose interface may have any name. */
function uuidOf(name: string): string {
  const digest = createHash("sha256").update(`flotilla interface ${name}`).digest("hex");
  // RFC 9562, version 8: a custom method.
  const [a, b, c, d] = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(13, 16),
    digest.slice(17, 20),
  ];
  return `${a}-${b}-8${c}-8${d}-${digest.slice(20, 32)}`;
}
