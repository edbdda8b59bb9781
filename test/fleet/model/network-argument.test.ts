/** The table of kernel arguments that set the network, held by NetworkManager's own reader of them. */
import { describe, expect, test } from "vitest";
import { besideInterfaces, networkArgument } from "../../../fleet/model/network-argument.ts";
import { generated, generator } from "../../edge/first-boot-stand-in.ts";

/** dracut.cmdline(7), section Network, and nm-initrd-generator(8), each once. */
const setting = [
  "ip=10.1.1.5::10.1.1.1:24::eno1:none",
  "ip=dhcp6",
  "nameserver=10.1.1.1",
  "rd.route=10.2.0.0/16:10.1.1.1:eno1",
  "rd.peerdns=0",
  "vlan=eno1.5:eno1",
  "bond=bond0:eno1,eno2",
  "bridge=br0:eno1",
  "team=team0:eno1",
  "bootdev=eno1",
  "BOOTIF=01-52-54-00-12-34-56",
  "bootif=01-52-54-00-12-34-56",
  "ib.pkey=ib0.8001",
  "rd.ethtool=eno1:off",
  "rd.net.timeout.dhcp=5",
  "rd.net.dhcp.retry=3",
  "rd.net.dhcp.vendor-class=till",
];

/** Needs a machine's firmware or s390x, or is younger than the peer. */
const untried = [
  "rd.iscsi.ibft",
  "rd.iscsi.ibft=1",
  "rd.znet=qeth,0.0.1,0.0.2,0.0.3",
  "rd.net.dns=dns+tls://10.1.1.1",
  "rd.net.dns-resolve-mode=prefer",
  "rd.net.dns-backend=dnsconfd",
  "rd.net.dhcp.client-id=till",
  "rd.net.dhcp.dscp=CS6",
];

const others = [
  "ifname=lan0:52:54:00:12:34:56",
  "rd.bootif=0",
  "rd.net.timeout.carrier=5",
  "rd.znet_ifname=enc0:0.0.1",
  "net.ifnames=0",
  "biosdevname=0",
  "console=ttyS0",
  "IP=dhcp",
  "ipv6.disable=1",
  "ip",
];

test.each([...setting, ...untried])("%s sets the network", (argument) => {
  expect(networkArgument(argument)).toBeDefined();
  expect(besideInterfaces(argument)).toMatch(/^[\w.-]+=? and interfaces exclude each other: /);
});

test.each(others.filter((argument) => argument !== "ip"))("%s does not", (argument) => {
  expect(networkArgument(argument)).toBeUndefined();
  expect(besideInterfaces(argument)).toBeUndefined();
});

describe.skipIf(generator === undefined)("(needs the peer nm-initrd-generator)", () => {
  const made = (...words: string[]) =>
    [...generated(words)].map(([name, text]) => [name, text.replaceAll(/^uuid=.*\n/gm, "")]);

  test.each(setting)("%s changes connections", (argument) => {
    // Fedora CoreOS asks for DHCP on everything where no argument says otherwise.
    expect(made(argument, "ip=auto")).not.toEqual(made("ip=auto"));
  });

  test.each(others)("%s changes none", (argument) => {
    expect(made(argument, "ip=auto")).toEqual(made("ip=auto"));
  });
});
