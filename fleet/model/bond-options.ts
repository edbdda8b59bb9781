/**
 * The options of a bond, as the kernel names them (Documentation/networking/bonding.rst), and the modes
 * in which NetworkManager accepts them (nm-settings-keyfile(5), section bond).
 */
import { parseIp } from "./ip.ts";

export const bondModes = [
  "balance-rr",
  "active-backup",
  "balance-xor",
  "broadcast",
  "802.3ad",
  "balance-tlb",
  "balance-alb",
] as const;

export type BondMode = (typeof bondModes)[number];

export interface BondOption {
  /** What a valid value is, as `Write …` says it. */
  readonly expected: string;
  isValid(value: string): boolean;
  /** @default all modes */
  readonly modes?: readonly BondMode[];
}

function number(min: number, max: number): BondOption {
  const isValid = (value: string) =>
    /^(0|[1-9]\d{0,9})$/.test(value) && Number(value) >= min && Number(value) <= max;
  return { expected: `a whole number from ${min} to ${max}`, isValid };
}

function oneOf(...words: readonly string[]): BondOption {
  return { expected: `one of: ${words.join(", ")}`, isValid: (value) => words.includes(value) };
}

const milliseconds = number(0, 2_147_483_647);
const choice = number(0, 1);
const withPrimary = ["active-backup", "balance-tlb", "balance-alb"] as const;
const withArp = ["balance-rr", "active-backup", "balance-xor", "broadcast"] as const;
const withLacp = ["802.3ad"] as const;

const ipTargets: BondOption = {
  expected: "one to 16 IPv4 addresses, separated by commas, like 10.1.0.1,10.1.0.2",
  isValid(value) {
    const targets = value.split(",");
    return targets.length <= 16 && targets.every((target) => parseIp(target)?.family === 4);
  },
};

const portName: BondOption = {
  expected: "one of the bond's ports",
  isValid: (value) => value !== "",
};

const systemAddress: BondOption = {
  expected: 'a MAC address that is not a group\'s, in quotes, like "52:54:00:12:34:56"',
  isValid: (value) => /^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$/.test(value),
};

export const bondOptions = {
  ad_actor_sys_prio: { ...number(1, 65_535), modes: withLacp },
  ad_actor_system: { ...systemAddress, modes: withLacp },
  ad_select: oneOf("stable", "bandwidth", "count"),
  ad_user_port_key: { ...number(0, 1023), modes: withLacp },
  all_slaves_active: choice,
  arp_all_targets: oneOf("any", "all"),
  arp_interval: { ...milliseconds, modes: withArp },
  arp_ip_target: { ...ipTargets, modes: withArp },
  arp_validate: {
    ...oneOf("none", "active", "backup", "all", "filter", "filter_active", "filter_backup"),
    modes: withArp,
  },
  downdelay: milliseconds,
  fail_over_mac: oneOf("none", "active", "follow"),
  lacp_rate: { ...oneOf("slow", "fast"), modes: withLacp },
  lp_interval: number(1, 2_147_483_647),
  miimon: milliseconds,
  min_links: milliseconds,
  num_grat_arp: number(0, 255),
  num_unsol_na: number(0, 255),
  packets_per_slave: { ...number(0, 65_535), modes: ["balance-rr"] },
  primary: { ...portName, modes: withPrimary },
  primary_reselect: oneOf("always", "better", "failure"),
  resend_igmp: number(0, 255),
  tlb_dynamic_lb: { ...choice, modes: ["balance-tlb"] },
  updelay: milliseconds,
  use_carrier: choice,
  xmit_hash_policy: oneOf("layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4"),
} as const satisfies Readonly<Record<string, BondOption>>;

export type BondOptionName = keyof typeof bondOptions;
