/** `k3s` of a machine: what a device has, and the words on each mistake. */
import { describe, expect, test } from "vitest";
import {
  reservedApiServerArguments,
  reservedKubeletArguments,
} from "../../../../fleet/grammar/k3s-arguments.ts";
import { devicesOf, interfacesText, mistakesOf, type Levels } from "./machine-fleet.ts";

const k3s = (text: string) => `k3s: { ${text} }`;

describe("levels", () => {
  test("mappings are merged, lists are replaced", () => {
    const [first, second] = devicesOf({
      profile: k3s("disable: [traefik], kubeletArguments: { max-pods: 60 }"),
      site: k3s("nodeLabels: { example.com/till: '1' }, podRange: 10.52.0.0/16"),
      override: k3s(
        "disable: [servicelb, runtimes], kubeletArguments: { v: 4, fail-swap-on: false }, nodeAddress: 10.0.0.5",
      ),
    });
    const shared = { nodeLabels: { "example.com/till": "1" }, podRange: "10.52.0.0/16" };
    expect(first.machine?.k3s).toEqual({
      ...shared,
      disable: ["traefik"],
      kubeletArguments: ["max-pods=60"],
    });
    expect(second.machine?.k3s).toEqual({
      ...shared,
      disable: ["servicelb", "runtimes"],
      kubeletArguments: ["fail-swap-on=false", "max-pods=60", "v=4"],
      nodeAddress: "10.0.0.5",
    });
  });

  test("a node address is an address or an interface", () => {
    const [device] = devicesOf({ site: k3s("nodeAddress: enp1s0.20, followAddress: true") });
    expect(device.machine?.k3s).toEqual({ nodeInterface: "enp1s0.20", followAddress: true });
  });
});

const till = "devices.till-{1..2}.overrides.till-2.k3s";

test.each<readonly [Levels, string]>([
  [
    { site: k3s("disable: [coredns]") },
    '12:22: sites.boston.k3s.disable.0: "coredns" cannot be disabled here: pods find services by it, and Flotilla requires it. Delete this line.',
  ],
  [
    { site: k3s("disable: [klipper-lb]") },
    '12:22: sites.boston.k3s.disable.0: "klipper-lb" cannot be disabled here: K3s calls it servicelb. Write servicelb.',
  ],
  [
    { site: k3s("disable: [gateway-api]") },
    '12:22: sites.boston.k3s.disable.0: "gateway-api" cannot be disabled here: K3s calls it gateway-api-crd. Write gateway-api-crd.',
  ],
  [
    { site: k3s("disable: [traefic]") },
    '12:22: sites.boston.k3s.disable.0: "traefic" is not a packaged component of K3s. Write traefik, servicelb, metrics-server, local-storage, runtimes or gateway-api-crd. Did you mean traefik?',
  ],
  [
    { site: k3s("disable: [traefik, traefik]") },
    '12:31: sites.boston.k3s.disable.1: "traefik" appears twice in this list. Delete one.',
  ],
  [
    { site: k3s("nodeLabels: { node-role.kubernetes.io/till: '' }") },
    '12:26: sites.boston.k3s.nodeLabels.node-role.kubernetes.io/till: "node-role.kubernetes.io/till" has a prefix of Kubernetes. Write a prefix of your own, like example.com/till.',
  ],
  [
    { site: k3s("nodeLabels: { a/b/c: '' }") },
    '12:26: sites.boston.k3s.nodeLabels.a/b/c: "a/b/c" is not a valid label key. Write letters, digits, hyphens, dots and underscores, like till or example.com/till.',
  ],
  [
    { site: k3s("nodeTaints: ['dedicated=till']") },
    '12:25: sites.boston.k3s.nodeTaints.0: "dedicated=till" is not a valid taint. Write one like dedicated=till:NoSchedule.',
  ],
  [
    { site: k3s("nodeTaints: ['dedicated=till:noschedule']") },
    '12:25: sites.boston.k3s.nodeTaints.0: "noschedule" is not an effect of a taint. Write NoSchedule, PreferNoSchedule or NoExecute.',
  ],
  [
    { site: k3s("nodeTaints: ['a=1:NoExecute', 'a=2:NoExecute']") },
    '12:42: sites.boston.k3s.nodeTaints.1: "a:NoExecute" appears twice in this list. Delete one.',
  ],
  [
    { site: k3s("nodeAddress: 10.0.0.300") },
    '12:25: sites.boston.k3s.nodeAddress: "10.0.0.300" is not a valid node address. Write an address like 10.120.1.20, or the name of an interface like enp1s0.',
  ],
  [
    { site: k3s("nodeAddress: 10.0.0.3/24") },
    '12:25: sites.boston.k3s.nodeAddress: "10.0.0.3/24" is not a valid node address. Write an address like 10.120.1.20, or the name of an interface like enp1s0.',
  ],
  [
    { site: k3s("nodeAddress: '2001:db8::1'") },
    '12:25: sites.boston.k3s.nodeAddress: "2001:db8::1" is not an IPv4 address: the ranges of pods and services are IPv4. Write an address like 10.120.1.20, or the name of an interface like enp1s0.',
  ],
  [
    { site: k3s("nodeAddress: wg-hub") },
    "12:25: sites.boston.k3s.nodeAddress: the interface wg-hub belongs to K3s or Flotilla. Write an interface of the site's network.",
  ],
  [
    {
      override: `${k3s("nodeAddress: left")}\n${interfacesText('left: { macAddress: "52:54:00:12:34:56" }')}`,
    },
    `17:29: ${till}.nodeAddress: left is found by its macAddress, so its name on the device is not known. Write the device's address in the site's network.`,
  ],
  [
    {
      site: `${k3s("nodeAddress: eno1")}\n${interfacesText("eno1: { ipv4: { method: disabled } }")}`,
    },
    "12:25: sites.boston.k3s.nodeAddress: eno1 has no IPv4 address (ipv4.method: disabled), and the node needs one. Write another interface.",
  ],
  [
    {
      site: `${k3s("nodeAddress: eno1")}\n${interfacesText("eno1: { ipv4: { method: link-local } }")}`,
    },
    "12:25: sites.boston.k3s.nodeAddress: eno1 has no IPv4 address that is not link-local, and the node needs one. Write another interface.",
  ],
  [
    {
      override: `${k3s("nodeAddress: eno1")}\n${interfacesText("eno1: { ipv4: { method: auto, addresses: [10.9.0.5/24] } }")}`,
    },
    `17:29: ${till}.nodeAddress: eno1 has several IPv4 addresses, and K3s does not start if the node's interface has more than one. Write one of them: 10.9.0.5.`,
  ],
  [
    {
      override: `${k3s("nodeAddress: eno1")}\n${interfacesText("eno1: { ipv4: { addresses: [10.9.0.5/24, 10.9.0.6/24, 169.254.1.1/16] } }")}`,
    },
    `17:29: ${till}.nodeAddress: eno1 has several IPv4 addresses, and K3s does not start if the node's interface has more than one. Write one of them: 10.9.0.5 or 10.9.0.6.`,
  ],
  [
    { override: k3s("nodeAddress: 169.254.1.1") },
    `17:29: ${till}.nodeAddress: 169.254.1.1 is inside the link-local range (169.254.0.0/16). Write the device's address in the site's network.`,
  ],
  [
    { site: k3s("followAddress: true"), override: k3s("nodeAddress: 10.0.0.5") },
    "12:12: sites.boston.k3s.followAddress: nodeAddress is 10.0.0.5, and followAddress needs an address that can change. Delete one of the two, or write the name of an interface as nodeAddress.",
  ],
  [
    { site: k3s("kubeletArguments: { --max-pods: 60 }") },
    '12:32: sites.boston.k3s.kubeletArguments.--max-pods: "--max-pods" is not a valid name of an argument. Write max-pods.',
  ],
  [
    { site: k3s("kubeletArguments: { max-pod: 60 }") },
    '12:32: sites.boston.k3s.kubeletArguments.max-pod: the kubelet of Kubernetes has no argument "max-pod", and K3s does not start with it. Did you mean max-pods?',
  ],
  [
    { site: k3s("apiServerArguments: { max-pods: 60 }") },
    '12:34: sites.boston.k3s.apiServerArguments.max-pods: the API server of Kubernetes has no argument "max-pods", and K3s does not start with it. It is one of the kubelet: write it under kubeletArguments.',
  ],
  [
    { site: k3s("kubeletArguments: { event-ttl: 30m }") },
    '12:32: sites.boston.k3s.kubeletArguments.event-ttl: the kubelet of Kubernetes has no argument "event-ttl", and K3s does not start with it. It is one of the API server: write it under apiServerArguments.',
  ],
  [
    { site: k3s("nodeLabels: { Example.com/till: '' }") },
    '12:26: sites.boston.k3s.nodeLabels.Example.com/till: "Example.com/till" has capital letters in its prefix, which is a domain. Write example.com/till.',
  ],
  [
    { site: k3s("apiServerArguments: { watch: 1 }") },
    '12:34: sites.boston.k3s.apiServerArguments.watch: the API server of Kubernetes has no argument "watch", and K3s does not start with it. Delete this line.',
  ],
  [
    { site: k3s("kubeletArguments: { maxPods: 60 }") },
    '12:32: sites.boston.k3s.kubeletArguments.maxPods: "maxPods" is not a valid name of an argument. Write max-pods.',
  ],
  [
    { site: k3s("kubeletArguments: { 'max-pods=60': '' }") },
    '12:32: sites.boston.k3s.kubeletArguments.max-pods=60: "max-pods=60" is not a valid name of an argument. Write one like max-pods, without its value.',
  ],
  [
    { site: k3s("kubeletArguments: { max-pods: [60] }") },
    '12:42: sites.boston.k3s.kubeletArguments.max-pods: this is not a valid value of an argument. Write a text, like "60".',
  ],
  [
    { site: k3s('apiServerArguments: { event-ttl: "1h\\n--x" }') },
    "12:45: sites.boston.k3s.apiServerArguments.event-ttl: this value contains control characters or is longer than 4096. Write one short line.",
  ],
  [
    { site: k3s("kubeletArguments: { node-labels: a=b }") },
    '12:32: sites.boston.k3s.kubeletArguments.node-labels: "node-labels" cannot be set here: K3s sets it. Write nodeLabels under k3s.',
  ],
  [
    { site: k3s("apiServerArguments: { audit-log-path: /var/log/a }") },
    '12:34: sites.boston.k3s.apiServerArguments.audit-log-path: "audit-log-path" cannot be set here: every device writes an audit log of a limited size. Delete this line.',
  ],
  [
    { site: k3s("podRange: 10.52.0.0/25") },
    "12:22: sites.boston.k3s.podRange: 10.52.0.0/25 has the prefix length 25, and K3s takes 8 to 24. Write one like 10.52.0.0/16.",
  ],
  [
    { site: k3s("serviceRange: 10.0.0.0/11") },
    "12:26: sites.boston.k3s.serviceRange: 10.0.0.0/11 has the prefix length 11, and K3s takes 12 to 28. Write one like 10.53.0.0/16.",
  ],
  [
    { site: k3s("podRange: 'fd00:42::/56'") },
    '12:22: sites.boston.k3s.podRange: "fd00:42::/56" is not a valid IPv4 range. Write an address and a prefix length, like 10.0.0.0/16.',
  ],
  [
    { site: k3s("serviceRange: 'fd00:43::/112'") },
    '12:26: sites.boston.k3s.serviceRange: "fd00:43::/112" is not a valid IPv4 range. Write an address and a prefix length, like 10.0.0.0/16.',
  ],
  [
    { site: k3s("podRange: 203.0.113.0/24") },
    "12:22: sites.boston.k3s.podRange: 203.0.113.0/24 overlaps the range of the fallback route (203.0.113.0/24). Write one like 10.52.0.0/16.",
  ],
  [
    { site: k3s("podRange: 10.40.0.0/14") },
    "12:22: sites.boston.k3s.podRange: 10.40.0.0/14 overlaps the services' range (10.43.0.0/16). Write ranges that do not overlap.",
  ],
  [
    { profile: k3s("podRange: 10.52.0.0/16"), site: k3s("serviceRange: 10.52.0.0/20") },
    "13:26: sites.boston.k3s.serviceRange: 10.52.0.0/20 overlaps the pods' range (10.52.0.0/16). Write ranges that do not overlap.",
  ],
  [
    { site: k3s("serviceRange: 100.64.0.0/16") },
    "12:26: sites.boston.k3s.serviceRange: 100.64.0.0/16 overlaps tunnel.range (100.64.0.0/16). Write ranges that do not overlap.",
  ],
  [
    { site: `network: 10.52.8.0/24\n${k3s("podRange: 10.52.0.0/16")}` },
    "13:22: sites.boston.k3s.podRange: 10.52.0.0/16 overlaps sites.boston.network (10.52.8.0/24). Write ranges that do not overlap.",
  ],
  [
    {
      range: k3s("serviceRange: 192.0.2.0/24"),
      override: "connectivity: direct\naddress: 192.0.2.9",
    },
    "15:26: devices.till-{1..2}.k3s.serviceRange: 192.0.2.0/24 contains the device's address (192.0.2.9). Write another range.",
  ],
  [
    { site: "network: 10.120.1.0/24", override: k3s("nodeAddress: 10.120.2.20") },
    `18:29: ${till}.nodeAddress: 10.120.2.20 is outside sites.boston.network (10.120.1.0/24). Write the device's address in the site's network.`,
  ],
  [
    { site: "network: 10.120.1.0/24", override: k3s("nodeAddress: 10.120.1.255") },
    `18:29: ${till}.nodeAddress: 10.120.1.255 is the first or last of sites.boston.network (10.120.1.0/24). Write the device's address in the site's network.`,
  ],
  [
    { range: k3s("nodeAddress: 10.120.1.20") },
    "15:25: devices.till-{1..2}.k3s.nodeAddress: 10.120.1.20 is the address of till-1 and of till-2. Write an address for each device; those of a range are under its overrides.",
  ],
  [
    { site: k3s("podRange: 10.60.0.0/16"), override: k3s("nodeAddress: 10.60.0.9") },
    `18:29: ${till}.nodeAddress: 10.60.0.9 is inside podRange (10.60.0.0/16). Write the device's address in the site's network.`,
  ],
  [
    {
      site: k3s("nodeAddress: left"),
      range:
        "interfaces: { bond0: { type: bond, bond: { ports: [left, right] } }, left: {}, right: {} }",
    },
    "12:25: sites.boston.k3s.nodeAddress: left is a port of bond0, so it has no address. Write bond0.",
  ],
  [
    {
      override: `interfaces: { eno1: { ipv4: { addresses: [10.120.1.20/24], gateway: 10.120.1.1, dns: [10.120.1.1] } } }\n${k3s("nodeAddress: 10.120.1.21")}`,
    },
    `18:29: ${till}.nodeAddress: 10.120.1.21 is not an address of the device's interfaces. Write 10.120.1.20.`,
  ],
  [
    {
      site: k3s("podRange: 10.120.0.0/16"),
      override:
        "interfaces: { eno1: { ipv4: { addresses: [10.120.1.20/24], gateway: 10.120.1.1, dns: [10.120.1.1] } } }",
    },
    "18:51: devices.till-{1..2}.overrides.till-2.interfaces.eno1.ipv4.addresses.0: 10.120.1.0/24 overlaps k3s.podRange (10.120.0.0/16). Write an address of another network.",
  ],
])("a mistake is at its line: %j", (levels, mistake) => {
  expect(mistakesOf(levels)).toEqual([mistake]);
});

test.each([
  ...[...reservedKubeletArguments.keys()].map((name) => ["kubeletArguments", name] as const),
  ...[...reservedApiServerArguments.keys()].map((name) => ["apiServerArguments", name] as const),
])("%s: %s belongs to K3s or Flotilla", (key, name) => {
  const [mistake, ...others] = mistakesOf({ site: k3s(`${key}: { ${name}: x }`) });
  expect(mistake).toMatch(/: "[a-z0-9-]+" cannot be set here: .*\. (Write|Delete) |6443\. Delete/);
  expect(others).toEqual([]);
});

describe("ranges that a site's network has", () => {
  const network = "network: 10.42.0.0/16";
  const clash =
    "12:14: sites.boston.network: 10.42.0.0/16 overlaps K3s' pods on every device (10.42.0.0/16). Write ranges that do not overlap.";

  test("K3s' own clash with it as long as one device has them", () => {
    expect(mistakesOf({ site: network })).toEqual([clash]);
    expect(mistakesOf({ site: network, override: k3s("podRange: 10.52.0.0/16") })).toEqual([clash]);
    expect(mistakesOf({ site: `${network}\n${k3s("podRange: 10.52.0.0/16")}` })).toEqual([]);
  });
});
