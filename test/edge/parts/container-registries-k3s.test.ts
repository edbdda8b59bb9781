/**
 * What K3s writes for containerd, by the examples of docs.k3s.io ("Private Registry Configuration") and the
 * rules of pkg/agent/containerd/config.go in k3s-io/k3s.
 */
import { expect, test } from "vitest";
import { hostsFiles, hostsToml, type RegistriesFile } from "../k3s-registries.ts";

const auth = { username: "u", password: "p" };
const tls = { ca_file: "/ca", cert_file: "/cert", key_file: "/key" };
const pull = `  capabilities = ["pull", "resolve"]\n`;
const hub = 'server = "https://registry-1.docker.io/v2"\n';
const example = '[host."https://registry.example.com:5000/v2"]\n';

test.each<readonly [string, RegistriesFile, Readonly<Record<string, string>>]>([
  [
    "a mirror has the path /v2, and Docker Hub the name that it answers by",
    { mirrors: { "docker.io": { endpoint: ["https://registry.example.com:5000"] } } },
    { "docker.io": hub + example + pull },
  ],
  [
    "certificates are those of the endpoint, a login is not in this file",
    {
      mirrors: { "docker.io": { endpoint: ["https://registry.example.com:5000"] } },
      configs: { "registry.example.com:5000": { auth, tls } },
    },
    {
      "docker.io": `${hub}${example}${pull}  ca = ["/ca"]\n  client = [["/cert", "/key"]]\n`,
      "registry.example.com:5000": `server = "https://registry.example.com:5000/v2"\n${example}${pull}  ca = ["/ca"]\n  client = [["/cert", "/key"]]\n`,
    },
  ],
  [
    "rewrites belong to every endpoint",
    {
      mirrors: {
        "docker.io": {
          endpoint: ["https://registry.example.com:5000", "http://b.example.com"],
          rewrite: { "^rancher/(.*)": "mirrorproject/rancher-images/$1" },
        },
      },
    },
    {
      "docker.io": `${hub}${example}${pull}  [host."https://registry.example.com:5000/v2".rewrite]\n    "^rancher/(.*)" = "mirrorproject/rancher-images/$1"\n[host."http://b.example.com/v2"]\n${pull}  [host."http://b.example.com/v2".rewrite]\n    "^rancher/(.*)" = "mirrorproject/rancher-images/$1"\n`,
    },
  ],
  [
    "* is for registries without an entry, and has no server",
    { mirrors: { "*": { endpoint: ["https://registry.example.com:5000"] } } },
    { _default: example + pull },
  ],
  [
    "a path of its own replaces /v2",
    { mirrors: { "quay.io": { endpoint: ["https://harbor.example.com/v2/quay"] } } },
    {
      "quay.io": `server = "https://quay.io/v2"\n[host."https://harbor.example.com/v2/quay"]\n${pull}  override_path = true\n`,
    },
  ],
  [
    "the same endpoint twice is one",
    { mirrors: { "quay.io": { endpoint: ["https://a.example.com", "https://a.example.com/v2"] } } },
    { "quay.io": `server = "https://quay.io/v2"\n[host."https://a.example.com/v2"]\n${pull}` },
  ],
  ["a login alone needs no file", { configs: { "quay.io": { auth } } }, {}],
  [
    "any certificate is accepted",
    { configs: { "quay.io": { tls: { insecure_skip_verify: true } } } },
    {
      "quay.io": `server = "https://quay.io/v2"\n[host."https://quay.io/v2"]\n${pull}  skip_verify = true\n`,
    },
  ],
])("%s", (_name, file, expected) => {
  const found = [...hostsFiles(file)].map(([name, hosts]) => [name, hostsToml(hosts)]);
  expect(Object.fromEntries(found)).toEqual(expected);
});
