/** Files that turn off what Flotilla has set up, and files that Fedora CoreOS has already. */
import { expect, test } from "vitest";
import { mistakesIn, usual } from "../snippet-fleet.ts";

const withKeys = `access: { sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"] }\n${usual}`;

const text = (path: string, contents: string, more = "") =>
  `storage: { files: [{ path: ${path}, contents: { inline: ${JSON.stringify(contents)} }${more} }] }`;
const over = (path: string, contents: string) => text(path, contents, ", overwrite: true");
const script = (contents: string) => text("/usr/local/bin/own", `#!/bin/sh\n${contents}\n`);
const unit = (contents: string) =>
  `systemd: { units: [{ name: own.service, contents: ${JSON.stringify(contents)} }] }`;
const dropin = (contents: string) =>
  `systemd: { units: [{ name: k3s.service, dropins: [{ name: own.conf, contents: ${JSON.stringify(contents)} }] }] }`;
const sshd = (contents: string) => text("/etc/ssh/sshd_config.d/10-own.conf", contents);
const zincati = (contents: string) => text("/etc/zincati/config.d/90-own.toml", contents);
const manager = (contents: string) => text("/etc/systemd/system.conf.d/own.conf", contents);
const modules = (contents: string) => text("/etc/modprobe.d/own.conf", contents);
const kernel = (argument: string) => `kernel_arguments: { should_exist: ["${argument}"] }`;
const flush = "flush ruleset\ntable inet own {}\n";

test.each([
  ["rules that flush all", over("/etc/sysconfig/nftables.conf", flush), /"flush ruleset" deletes/],
  ["rules of a folder", text("/etc/nftables/own.nft", flush), /"flush ruleset" deletes/],
  [
    "rules of their family",
    text("/etc/own.nft", "flush ruleset inet\n"),
    /"flush ruleset" deletes/,
  ],
  ["a script", script("nft flush ruleset"), /"flush ruleset" deletes/],
  ["a unit", unit("[Service]\nExecStart=/usr/sbin/nft flush ruleset\n"), /"flush ruleset" deletes/],
  ["our table", script("nft add rule inet flotilla input accept"), /belongs to .*"host-firewall"/],
  ["our table, deleted", script("nft delete table inet flotilla"), /belongs to .*"host-firewall"/],
  [
    "rules that are fetched",
    over("/etc/nftables/own.nft", "").replace('inline: ""', "source: 'https://a.example/x'"),
    /nobody can check/,
  ],
  ["no keys", sshd("PubkeyAuthentication no\n"), /keeps core .* from logging in/],
  ["no keys, as one word", sshd('pubkeyauthentication="no"\n'), /keeps core/],
  ["other users", sshd("AllowUsers ada bob@10.0.0.1\n"), /keeps core/],
  ["not our user", sshd("DenyUsers c?r*\n"), /keeps core/],
  ["passwords alone", sshd("AuthenticationMethods password\n"), /keeps core/],
  ["no updates", zincati("[updates]\nenabled = false\n"), /updates.enabled is set/],
  ["updates at once", zincati('updates.strategy = "immediate"\n'), /updates.strategy is set/],
  ["updates in a table", zincati('updates = { strategy = "immediate" }\n'), /updates is set/],
  ["a window", zincati("[[updates.periodic.window]]\n"), /updates.periodic.window is set/],
  ["a time zone", zincati("[ updates . periodic ]\ntime_zone = 'UTC'\n"), /time_zone is set/],
  ["its turn", zincati("[identity]\nrollout_wariness = 0\n"), /rollout_wariness is set/],
  ["no layering", over("/etc/rpm-ostreed.conf", "[Daemon]\nLockLayering=true\n"), /k3s-selinux/],
  [
    "other updates",
    over("/etc/rpm-ostreed.conf", "[Daemon]\nAutomaticUpdatePolicy=apply\n"),
    /maintenance/,
  ],
  [
    "variables of K3s",
    manager("[Manager]\nDefaultEnvironment=A=1 K3S_CONFIG_FILE=/x\n"),
    /sets K3S_CONFIG_FILE/,
  ],
  [
    "variables of its unit",
    dropin('[Service]\nEnvironment="K3S_TOKEN=x"\n'),
    /K3S_TOKEN goes before/,
  ],
  ["our user", text("/etc/sysusers.d/own.conf", 'u "core" 900\n'), /defines the user/],
  ["no WireGuard", modules("blacklist wireguard\n"), /module wireguard/],
  ["no bridges", modules("install br-netfilter /bin/false\n"), /module br_netfilter/],
  [
    "no WireGuard, by the kernel",
    kernel("module_blacklist=a,wireguard"),
    /keeps what Flotilla needs/,
  ],
  ["no memory of groups", kernel("cgroup_disable=memory"), /keeps what Flotilla needs/],
  [
    "a file that exists",
    text("/etc/hosts", "10.0.0.1 own\n"),
    /has \/etc\/hosts\. Add overwrite: true/,
  ],
  [
    "a link that exists",
    "storage: { links: [{ path: /etc/chrony.conf, target: /etc/own }] }",
    /has \/etc\/chrony.conf/,
  ],
])("refused: %s", (_, rest, message) => {
  const mistakes = mistakesIn(rest, withKeys);
  expect(mistakes.join("\n")).toMatch(message);
  for (const mistake of mistakes) expect(mistake).toMatch(/^fleet\.yaml:16:\d+: [a-z]/);
});

test.each([
  ["your own table", text("/etc/nftables/own.nft", "# flush ruleset\nflush table inet own\n")],
  ["another family", script("nft flush ruleset ip")],
  ["a table with a longer name", script("nft list table inet flotilla-own")],
  ["users of a place", sshd("AllowUsers ada core@10.0.0.0/8\n")],
  ["one address", sshd("Match Address 10.0.0.1\n  PubkeyAuthentication no\n")],
  ["methods", sshd("AuthenticationMethods publickey,password\n")],
  ["a server of updates", zincati('[cincinnati]\nbase_url = "https://a.example"\n')],
  ["variables", manager("[Manager]\nDefaultEnvironment=HTTPS_PROXY=http://a.example\n")],
  ["variables of K3s' unit", dropin("[Service]\nEnvironment=HTTPS_PROXY=http://a.example\n")],
  ["a user", text("/etc/sysusers.d/own.conf", "u own 900\nm core dialout\n")],
  ["another module", modules("blacklist pcspkr\noptions wireguard x=1\n")],
  ["a file that is replaced", over("/etc/hosts", "127.0.0.1 localhost\n")],
  ["a file that grows", "storage: { files: [{ path: /etc/hosts, append: [{ inline: x }] }] }"],
])("accepted: %s", (_, rest) => {
  expect(mistakesIn(rest, withKeys)).toEqual([]);
});

test.each([
  ["a key", `a${" ".repeat(200_000)}b\n`],
  ["a table", `[a${" ".repeat(200_000)}b\n`],
])("%s with many spaces is read in linear time", (_title, contents) => {
  const start = process.cpuUsage();
  expect(mistakesIn(zincati(contents))).toEqual([]);
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(6);
});
