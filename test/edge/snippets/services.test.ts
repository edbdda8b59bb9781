/** Files that programs read beside those of Flotilla. */
import { expect, test } from "vitest";
import { mistakesIn, usual } from "../snippet-fleet.ts";

const text = (path: string, contents: string) =>
  `storage: { files: [{ path: ${path}, contents: { inline: ${JSON.stringify(contents)} } }] }`;
const k3s = (contents: string) => text("/etc/rancher/k3s/config.yaml.d/own.yaml", contents);
const connection = "/etc/NetworkManager/system-connections/own.nmconnection";
const keyfile = (contents: string) =>
  text(connection, contents).replace("path:", "mode: 0600, path:");
const managed = (contents: string) => text("/etc/NetworkManager/conf.d/own.conf", contents);
const rules = (contents: string) => text("/etc/tmpfiles.d/own.conf", contents);

test.each([
  ["a setting of K3s", k3s("node-name: own\n"), /node-name is set by/],
  ["a setting in quotes", k3s("'node-name': own\n"), /node-name is set by/],
  ["a setting in a flow", k3s("{ a: 1, node-name: own }\n"), /node-name is set by/],
  ["an indented setting", k3s("  node-name: own\n"), /node-name is set by/],
  ["a setting in JSON", k3s('{"node-name": "own"}'), /node-name is set by/],
  ["settings that are not YAML", k3s("a: b: c\n"), /expected a YAML mapping/],
  ["no settings", k3s("- own\n"), /expected a YAML mapping/],
  [
    "skips Flotilla's manifests",
    text("/var/lib/rancher/k3s/server/manifests/flotilla.yaml.skip", ""),
    /K3s skips/,
  ],
  [
    "the tunnel's interface",
    keyfile("[connection]\ninterface-name=wg-hub\n"),
    /wg-hub of Flotilla's part ".*" has this interface/,
  ],
  ["a keyfile for all eyes", text(connection, "[connection]\ninterface-name=eth0\n"), /mode: 0600/],
  [
    "a keyfile for a group",
    keyfile("[connection]\ninterface-name=eth0\n").replace("0600", "0640"),
    /mode: 0600/,
  ],
  [
    "a later section that does not manage the tunnel",
    managed("[device-a]\nmatch-device=eth9\nmanaged=0\n[device-b]\nmatch-device=wg-*\nmanaged=0\n"),
    /managed=0 keeps NetworkManager from wg-hub/,
  ],
  ["K3s' folder", k3s("data-dir: /var/k3s\n"), /data-dir cannot be set here/],
  ["another port", k3s("https-listen-port: 7443\n"), /6443/],
  ["an agent", k3s("server: https://x:6443\n"), /a cluster of its own/],
  ["the node's address", k3s("node-ip: 10.0.0.9\n"), /write nodeAddress/],
  ["no DNS", k3s("disable+: [coredns]\n"), /no DNS/],
  ["the kubelet's port", k3s("kubelet-arg+: ['port=1']\n"), /"port" cannot be set here/],
  [
    "no audit log",
    k3s("kube-apiserver-arg+: ['audit-log-path=-']\n"),
    /"audit-log-path" cannot be set here/,
  ],
  [
    "unmanages the tunnel",
    managed("[keyfile]\nunmanaged-devices=eth9;interface-name:wg-*\n"),
    /keeps NetworkManager/,
  ],
  [
    "unmanages WireGuard",
    managed("[keyfile]\nunmanaged-devices=type:wireguard\n"),
    /keeps NetworkManager/,
  ],
  [
    "unmanages all but one",
    managed("[keyfile]\nunmanaged-devices=*,except:interface-name:eth0\n"),
    /every other/,
  ],
  ["deletes a folder above ours", rules("R /etc/rancher\n"), /changes .* at each start/],
  ["deletes a program by its other path", rules("r! /usr/local/bin/k3s - - - -\n"), /changes/],
  ["deletes by pattern", rules("r /etc/host*\n"), /changes \/etc\/hostname/],
  ["cleans a folder above ours", rules("d /etc/rancher 0755 root root 10d\n"), /changes/],
  ["changes all below", rules("Z /etc/rancher 0777 core core\n"), /changes/],
  ["another folder of keyfiles", managed("[keyfile]\npath=/etc/own\n"), /keeps NetworkManager/],
  ["manages nothing", managed("[device]\nmanaged=0\n"), /managed=0 keeps/],
  [
    "does not manage the tunnel",
    managed("[device-own]\nmatch-device=type:wireguard\nmanaged=false\n"),
    /managed=0 keeps/,
  ],
  ["writes ours", rules("f+ /etc/hostname 0644 root root - x\n"), /changes/],
  [
    "fetched",
    "storage: { files: [{ path: /etc/tmpfiles.d/x.conf, contents: { source: 'https://a.example/x' } }] }",
    /nobody can check/,
  ],
])("refused: %s", (_, rest, message) => {
  const mistakes = mistakesIn(rest);
  expect(mistakes.join("\n")).toMatch(message);
  for (const mistake of mistakes) expect(mistake).toMatch(/^fleet\.yaml:15:\d+: [a-z]/);
});

test.each([
  ["another setting of K3s", k3s("kubelet-arg+:\n  - max-pods=50\nown-key: x\n")],
  ["a setting with the name of a property of every object", k3s("constructor: x\n")],
  ["no text", k3s("# nothing yet\n")],
  ["a keyfile", keyfile("[connection]\ninterface-name=eth0\n")],
  ["another interface", managed("[keyfile]\nunmanaged-devices=eth9\n")],
  ["another type", managed("[keyfile]\nunmanaged-devices=type:ethernet;mac:52:54:00:12:34:56\n")],
  ["does not manage another", managed("[device-own]\nmatch-device=eth9\nmanaged=0\n")],
  ["own files", rules("# R /etc/rancher\nd /var/lib/own 0755 root root 10d\nr /var/lib/own/x\n")],
])("accepted: %s", (_, rest) => {
  expect(mistakesIn(rest)).toEqual([]);
});

test.each([
  ["its name", "interface-name:eno1"],
  ["its address", "mac:52:54:00:12:34:56"],
  ["its bare address", "52:54:00:12:34:56"],
  ["its type", "type:ethernet"],
  ["the tunnel's name, which is not the first", "wg-*"],
])("a declared interface is not taken from NetworkManager by %s", (_, device) => {
  const interfaces = `interfaces: { eno1: {}, left: { macAddress: "52:54:00:12:34:56" } }`;
  const profiles = usual.replace("disk:", `${interfaces}, disk:`);
  const mistakes = mistakesIn(managed(`[keyfile]\nunmanaged-devices=${device}\n`), profiles);
  expect(mistakes.join("\n")).toMatch(/keeps NetworkManager from (eno1|left|wg-hub) of Flotilla's/);
});
