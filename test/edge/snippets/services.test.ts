/** Files that programs read beside those of Flotilla. */
import { expect, test } from "vitest";
import { mistakesIn } from "../snippet-fleet.ts";

const text = (path: string, contents: string) =>
  `storage: { files: [{ path: ${path}, contents: { inline: ${JSON.stringify(contents)} } }] }`;
const k3s = (contents: string) => text("/etc/rancher/k3s/config.yaml.d/own.yaml", contents);
const keyfile = (contents: string) =>
  text("/etc/NetworkManager/system-connections/own.nmconnection", contents);
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
  ["the tunnel's interface", keyfile("[connection]\ninterface-name=wg-hub\n"), /Flotilla's tunnel/],
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
  ["no text", k3s("# nothing yet\n")],
  ["a keyfile", keyfile("[connection]\ninterface-name=eth0\n")],
  ["another interface", managed("[keyfile]\nunmanaged-devices=eth9\n")],
  ["does not manage another", managed("[device-own]\nmatch-device=eth9\nmanaged=0\n")],
  ["own files", rules("# R /etc/rancher\nd /var/lib/own 0755 root root 10d\nr /var/lib/own/x\n")],
])("accepted: %s", (_, rest) => {
  expect(mistakesIn(rest)).toEqual([]);
});
