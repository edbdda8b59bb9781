/** Kernel arguments: what is refused, by the page of manual that says what they do. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kernelArgumentProblem } from "../../../fleet/model/kernel-argument.ts";

const refused: Readonly<Record<string, readonly string[]>> = {
  "keeps what Flotilla needs from starting": [
    // bootparam(7), kernel-parameters.txt
    "init=/bin/sh",
    "init=/sysroot/bin/bash",
    "rdinit=/bin/sh",
    "root=/dev/sda4",
    "ro",
    "rootflags=prjquota,ro",
    "single",
    "S",
    "1",
    "3",
    "-b",
    "module_blacklist=wireguard",
    "initcall_blacklist=a,wg_mod_init",
    "cgroup_disable=memory",
    "cgroup-disable=memory",
    "nomodule",
    // systemd(1), systemd-run-generator(8), systemd-debug-generator(8)
    "systemd.unit=rescue.target",
    'systemd.unit="emergency.target"',
    "rd.systemd.unit=emergency.target",
    "emergency",
    "rd.emergency",
    "rescue",
    "systemd.run=/bin/false",
    "systemd.break=pre-switch-root",
    "rd.systemd.break",
    "systemd.wants=emergency.target",
    "systemd.confirm_spawn",
    "systemd.confirm-spawn=/dev/console",
    "systemd.unified_cgroup_hierarchy=0",
    "systemd.unified-cgroup-hierarchy=no",
    "systemd.mask=k3s.service",
    "systemd.mask=k3s",
    "systemd.mask=flotilla-firewall.service",
    "systemd.mask=NetworkManager",
    "rd.systemd.mask=ignition-files.service",
    // dracut.cmdline(7)
    "rd.break",
    "rd.break=pre-mount",
    "rd.luks=0",
    "rd.md=no",
    "luks=no",
    "rd.driver.blacklist=overlay",
    "modprobe.blacklist=vxlan,nouveau",
    // ostree(1)
    "ostree=/ostree/boot.1/fedora-coreos/0/0",
  ],
  "replaces the host name": ["systemd.hostname=till", "systemd.hostname=localhost"],
  "gives several machines one machine ID": [
    "systemd.machine_id=firmware",
    "systemd.machine-id=0123456789abcdef0123456789abcdef",
  ],
  "makes the device lose its data": [
    "systemd.volatile",
    "systemd.volatile=yes",
    "systemd.volatile=overlay",
  ],
  "opens a root shell without a password": [
    "systemd.debug_shell",
    "systemd.debug-shell=1",
    "systemd.debug_shell=tty9",
    "rd.systemd.debug_shell",
  ],
  "turns off SELinux": ["enforcing=0", "selinux=0", "security=apparmor", "lsm=lockdown,yama,bpf"],
  "has Ignition read another configuration": [
    "ignition.config.url=http://a.example/x",
    "ignition.platform.id=qemu",
    "ignition.firstboot",
    "ignition.firstboot=1",
  ],
  "is for the live system": ["coreos.inst.install_dev=/dev/sda", "coreos.inst", "coreos.liveiso=x"],
};

describe.each(Object.entries(refused))("%s", (reason, list) => {
  test.each(list)("%s", (argument) => {
    const message = kernelArgumentProblem(argument);
    expect(message).toContain(`${JSON.stringify(argument)} ${reason}`);
    expect(message).toMatch(/\. Delete this\.$/);
  });
});

/** What people write on purpose. */
const accepted = (
  "console=ttyS0,115200n8 quiet splash rw panic=10 mitigations=off nomodeset intel_iommu=on iommu=pt " +
  "hugepagesz=1G hugepages=4 default_hugepagesz=1G isolcpus=2-5 nohz_full=2-5 rcu_nocbs=2-5 " +
  "crashkernel=256M audit=1 audit=0 ipv6.disable=1 net.ifnames=0 biosdevname=0 ifname=lan0:52:54:00:12:34:56 " +
  "rd.neednet=1 ip=dhcp nameserver=10.1.1.1 rd.net.timeout.carrier=30 rootflags=prjquota rootdelay=5 " +
  "root_delay=3 rootwait systemd.unified_cgroup_hierarchy=1 systemd.show_status=no " +
  "systemd.log_level=debug systemd.journald.forward_to_console=1 systemd.setenv=A=b " +
  "systemd.mask=docker.service systemd.mask=sshd-unix-local.socket systemd.mask=coreos-check-ssh-keys.service " +
  "systemd.wants=own.target systemd.volatile=no systemd.debug_shell=0 systemd.confirm_spawn=0 " +
  "systemd.firstboot=0 rd.emergency=reboot rd.shell=0 rd.timeout=60 rd.luks=1 luks=yes rd.lvm=0 " +
  "enforcing=1 selinux=1 security=selinux lsm=lockdown,yama,selinux,bpf modprobe.blacklist=nouveau " +
  "init_on_alloc=1 initcall_debug rootfstype=xfs boot_delay=10 coreos.force_persist_ip " +
  "coreos.force_persist_ip=0 coreos.no_persist_ip bootdev=eno1 zswap.enabled=1 psi=1 cgroup_enable=memory " +
  "cgroup_memory=1 reboot=pci acpi=off usbcore.autosuspend=-1 video=HDMI-A-1:1920x1080@60 fips=0 " +
  'vconsole.keymap=de locale.LANG=de_DE.UTF-8 amdgpu.dc=0 dyndbg="file,x,+p" --'
).split(" ");

test.each(accepted)("%s is accepted", (argument) => {
  expect(kernelArgumentProblem(argument)).toBeUndefined();
});

test("the notation of a key does not matter", () => {
  const all = [...Object.values(refused).flat(), ...accepted].filter((each) =>
    /^(?:rd\.)?systemd\.[a-z]+[_-]/.test(each),
  );
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.boolean(), (argument, isHyphen) => {
      const [key = ""] = argument.split("=", 1);
      const other = key.replaceAll(/[_-]/g, isHyphen ? "-" : "_") + argument.slice(key.length);
      expect(kernelArgumentProblem(other) === undefined).toBe(
        kernelArgumentProblem(argument) === undefined,
      );
    }),
  );
});
