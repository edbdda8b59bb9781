/** Manifests that K3s applies beside Flotilla's. */
import { expect, test } from "vitest";
import { mistakesIn } from "../snippet-fleet.ts";

const folder = "/var/lib/rancher/k3s/server/manifests";
const text = (path: string, contents: string) =>
  `storage: { files: [{ path: ${path}, contents: { inline: ${JSON.stringify(contents)} } }] }`;
const own = (contents: string) => text(`${folder}/own.yaml`, contents);
const k3s = (contents: string) => text("/etc/rancher/k3s/config.yaml.d/own.yaml", contents);
const facts =
  "{ apiVersion: v1, kind: ConfigMap, metadata: { name: flotilla-device, namespace: kube-system } }";
const rights = `apiVersion: rbac.authorization.k8s.io/v1beta1
kind: ClusterRoleBinding
metadata: { name: flotilla-hub, namespace: ignored }
`;

test.each([
  ["the same file name", text(`${folder}/own/flotilla.json`, "{}"), /takes this for/],
  ["an object", own(facts), /ConfigMap kube-system\/flotilla-device belongs/],
  ["the second of a file", own(`kind: Own\n---\n${facts}\n`), /belongs to Flotilla/],
  ["an object in a list", own(`kind: List\nitems:\n  - ${facts}\n`), /belongs to Flotilla/],
  ["in a folder", text(`${folder}/a/b.yml`, rights), /ClusterRoleBinding .* belongs/],
  ["too deep", own("[".repeat(300)), /too large or too deep/],
  ["fetched", own("").replace('inline: ""', "source: 'https://a.example/x'"), /nobody can check/],
  ["our file, disabled", k3s("disable: [traefik, flotilla]\n"), /disable deletes/],
  ["our file, disabled too", k3s("disable+:\n  - flotilla\n"), /disable\+ deletes/],
])("refused: %s", (_, rest, message) => {
  const mistakes = mistakesIn(rest);
  expect(mistakes.join("\n")).toMatch(message);
  for (const mistake of mistakes) expect(mistake).toMatch(/^fleet\.yaml:15:\d+: [a-z]/);
});

test.each([
  ["objects", own(facts.replace("flotilla-device", "own"))],
  ["another namespace", own(facts.replace("kube-system", "default"))],
  ["no YAML", own("{ a")],
  ["a static file", text("/var/lib/rancher/k3s/server/static/own.yaml", facts)],
  ["a name in another list", k3s("disable: [traefik]\nnode-taint+: [flotilla]\n")],
  ["another is disabled", k3s("disable+:\n  - traefik\n")],
])("accepted: %s", (_, rest) => {
  expect(mistakesIn(rest)).toEqual([]);
});
