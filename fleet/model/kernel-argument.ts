/**
 * Kernel arguments that break what Flotilla sets up: a profile's, a part's and a snippet's.
 *
 * Sources: kernel-command-line(7) and the pages that it names (systemd(1), systemd-debug-generator(8),
 * systemd-run-generator(8), systemd-volatile-root.service(8)), dracut.cmdline(7), Ignition's internals/providers/cmdline,
 * coreos-installer's "Customizing installation", and the kernel's kernel-parameters.txt. Settings of the network are in
 * network-argument.ts.
 *
 * systemd reads `-` and `_` in its keys as one, and so does the kernel; values can be in quotes.
 */
import { isNeededUnit } from "./needed-units.ts";

/** One argument. One that starts with a hyphen would be an option of coreos-installer. */
export const kernelArgumentPattern = /^[!-,.-~][!-~]{0,1023}$/;

type Reason = keyof typeof reasons;

const reasons = {
  start: "keeps what Flotilla needs from starting",
  hostName: "replaces the host name, which must be the name of the device",
  machineId: "gives several machines one machine ID",
  data: "makes the device lose its data at every restart",
  shell: "opens a root shell without a password",
  selinux: "turns off SELinux, by which K3s separates its containers",
  ignition:
    "has Ignition read another configuration, or run again, and then it does not make this device",
  live: "is for the live system, and this is the installed system",
} as const;

/** `off`, as systemd, dracut and the kernel write it. */
const off = "(?:0|no|off|false|n|f)";
const on = "(?:$|=(?:1|yes|on|true|y|t)$)";

/** By arguments with `_` for each `-` of the key, and without quotes. */
const table: readonly (readonly [pattern: RegExp, reason: Reason])[] = [
  // kernel-parameters.txt, systemd(1): another first program, or another target.
  [/^(?:init|rdinit)(?:=|$)/, "start"],
  [/^(?:rd\.)?systemd\.(?:unit|run|break)(?:=|$)/, "start"],
  [/^(?:single|s|S|-b|(?:rd\.)?(?:emergency|rescue)|[1-5])$/, "start"],
  [
    /^(?:rd\.)?systemd\.wants=(?:emergency|rescue|halt|poweroff|reboot|kexec|exit)\.target$/,
    "start",
  ],
  [new RegExp(`^systemd\\.confirm_spawn${on}`), "start"],
  [/^systemd\.confirm_spawn=\//, "start"],
  // dracut.cmdline(7): stops in the initramfs, or does not find the disks.
  [/^rd\.break(?:=|$)/, "start"],
  [new RegExp(`^(?:rd\\.)?(?:luks|luks\\.crypttab|md|dm)=${off}$`, "i"), "start"],
  [new RegExp(`^rd\\.(?:luks|md|dm)\\.(?:uuid|conf)=${off}$`, "i"), "start"],
  // ostree and Fedora CoreOS have their own.
  [/^(?:root|ostree|boot|mount\.usr|usrhash|roothash)=/, "start"],
  [/^(?:rootflags=(?:.*,)?)?ro(?:,|$)/, "start"],
  // K3s and the tunnel need them.
  [/^cgroup_disable=.*(?:cpu|memory|pids)/, "start"],
  [new RegExp(`^systemd\\.unified_cgroup_hierarchy=${off}$`, "i"), "start"],
  [
    /^(?:module_blacklist|(?:rd\.driver\.|modprobe\.)?blacklist)=(?:.*,)?(?:wireguard|nf_tables|overlay|br_netfilter|vxlan)(?:,|$)/,
    "start",
  ],
  [/^initcall_blacklist=(?:.*,)?(?:wg_|ovl_|nf_|br_netfilter|vxlan_)/, "start"],
  [/^nomodules?$/, "start"],
  // systemd(1), hostname(5): they win over /etc/hostname and /etc/machine-id.
  [/^systemd\.hostname=/, "hostName"],
  [/^systemd\.machine_id=/, "machineId"],
  [new RegExp(`^systemd\\.volatile(?:$|=(?!${off}$))`, "i"), "data"],
  [new RegExp(`^systemd\\.factory_reset${on}`), "data"],
  [new RegExp(`^(?:rd\\.)?systemd\\.debug_shell(?:$|=(?!${off}$))`, "i"), "shell"],
  [/^(?:enforcing|selinux)=0$/, "selinux"],
  [/^security=(?!selinux$)/, "selinux"],
  [/^lsm=(?!(?:.*,)?selinux(?:,|$))/, "selinux"],
  [/^ignition\./, "ignition"],
  [/^coreos\.(?:inst(?:\.|$)|live)/, "live"],
];

/** The message on such an argument, or undefined. */
export function kernelArgumentProblem(argument: string): string | undefined {
  const reason = reasonOf(argument);
  return reason === undefined
    ? undefined
    : `${JSON.stringify(argument)} ${reasons[reason]}. Delete this.`;
}

function reasonOf(argument: string): Reason | undefined {
  const [key = ""] = argument.split("=", 1);
  const plain = `${/[a-z]/i.test(key) && !key.startsWith("-") ? key.replaceAll("-", "_") : key}${argument.slice(key.length)}`;
  const text = plain.replaceAll('"', "");
  const [, initramfs, masked] = /^(rd\.)?systemd\.mask=(.*)$/.exec(text) ?? [];
  if (masked !== undefined) {
    const names = masked.includes(".") ? [masked] : [masked, `${masked}.service`];
    return names.some((name) => isNeededUnit(name, initramfs !== undefined)) ? "start" : undefined;
  }
  return table.find(([pattern]) => pattern.test(text))?.[1];
}
