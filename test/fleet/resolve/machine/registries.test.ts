/** The container registries of devices: what becomes of them, and the words on each mistake. */
import { expect, test } from "vitest";
import { devicesOf, mistakesOf } from "./machine-fleet.ts";

const secret = (name: string) => `{ env: ${name} }`;
const site = (inner: string) => ({ site: `registries: ${inner}` });

test("mirrors and hosts are sorted, and a device adds to what its site says", () => {
  const [, second] = devicesOf({
    site: `registries:
  mirrors: { quay.io: { endpoints: [https://b.example.com] }, docker.io: { endpoints: [https://a.example.com], rewrite: { "^library/(.*)": "hub/$1" } } }
  hosts: { a.example.com: { insecureSkipVerify: true } }`,
    override: `registries: { hosts: { a.example.com: { login: { username: till, password: ${secret("A")} } } } }`,
  });
  expect(second.machine?.registries).toMatchObject({
    mirrors: [
      {
        registry: "docker.io",
        endpoints: ["https://a.example.com"],
        rewrite: { "^library/(.*)": "hub/$1" },
      },
      { registry: "quay.io", endpoints: ["https://b.example.com"], rewrite: {} },
    ],
    hosts: [
      {
        host: "a.example.com",
        login: { username: "till", password: { form: "line", from: "env", name: "A" } },
        authority: null,
        client: null,
        insecure: true,
      },
    ],
  });
});

test.each([
  [
    "{ mirrors: { docker.io: { endpoints: [mirror.example.com] } } }",
    '"mirror.example.com" is not a valid HTTP or HTTPS URL. Write one like https://mirror.example.com:5000.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: ["https://ann:pw@mirror.example.com"] } } }',
    "this URL contains a login, and the fleet file is in Git. Write the URL without it, and the login under hosts.",
  ],
  [
    '{ mirrors: { "https://docker.io": { endpoints: [https://a.example.com] } } }',
    '"https://docker.io" is not a valid registry. Write a host without a scheme, like registry.example.com:5000.',
  ],
  [
    "{ mirrors: { docker.io: { endpoints: [] } } }",
    "this list is empty. Write at least one URL, or omit the key.",
  ],
  ["{ mirrors: { docker.io: {} } }", '"endpoints" is missing. Write at least one URL.'],
  [
    "{ mirrors: { docker.io: { endpoints: [https://a.example.com, https://a.example.com] } } }",
    '"https://a.example.com" appears twice in this list. Delete one.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: [https://a.example.com], rewrite: { "^(?!own/)(.*)": x } } } }',
    '"^(?!own/)(.*)" has (?!, which K3s\' regular expressions (RE2) do not have. Write one like ^library/(.*).',
  ],
  [
    String.raw`{ mirrors: { docker.io: { endpoints: [https://a.example.com], rewrite: { '(a)\1': x } } } }`,
    String.raw`"(a)\\1" has \1, which K3s' regular expressions (RE2) do not have. Write one like ^library/(.*).`,
  ],
  [
    '{ mirrors: { docker.io: { endpoints: [https://a.example.com], rewrite: { "^(.*)": "hub-$1_old" } } } }',
    '"$1_old" is a group of the name 1_old, which is empty. Write ${1}_old.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: [https://a.example.com], rewrite: { "(": x } } } }',
    '"(" is not a valid regular expression. Write one like ^library/(.*).',
  ],
  [
    '{ mirrors: { a.example.com: { endpoints: [https://a.example.com], rewrite: { "^x/(.*)": "y/$1" } } } }',
    '"https://a.example.com" is the registry itself, to which K3s does not apply rewrites. Write https://a.example.com:443.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: [https://b.example.com, https://registry-1.docker.io/v2], rewrite: { "^x/(.*)": "y/$1" } } } }',
    '"https://registry-1.docker.io/v2" is the registry itself, to which K3s does not apply rewrites. Write https://registry-1.docker.io:443/v2.',
  ],
  [
    '{ mirrors: { "a.example.com:5000": { endpoints: ["https://a.example.com:5000"], rewrite: { "^x/(.*)": "y/$1" } } } }',
    '"https://a.example.com:5000" is the registry itself, to which K3s does not apply rewrites. Delete the rewrites, or write a mirror.',
  ],
  [
    "{ mirrors: { docker.io: { endpoints: [https://harbor.example.com/hub/] } } }",
    '"https://harbor.example.com/hub/" has a path without /v2, and K3s asks this path as it is. Write https://harbor.example.com/v2/hub, or rewrite the names.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: ["https://[fd00::5:5000"] } } }',
    '"https://[fd00::5:5000" is not a valid HTTP or HTTPS URL. Write one like https://mirror.example.com:5000.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: ["https://fd00::5"] } } }',
    '"https://fd00::5" is not a valid HTTP or HTTPS URL. Write one like https://mirror.example.com:5000.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: ["https:///mirror.example.com"] } } }',
    '"https:///mirror.example.com" is not a valid HTTP or HTTPS URL. Write one like https://mirror.example.com:5000.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: ["https://[fe80::5]:5000"] } } }',
    '"https://[fe80::5]:5000" is reachable on its own link only. Write another address.',
  ],
  [
    '{ hosts: { "fd00::5": { insecureSkipVerify: true } } }',
    '"fd00::5" is not a valid registry. Write an IPv6 address in brackets: "[fd00::5]", with a port "[fd00::5]:5000".',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: ["https://[FD00:0::5]:5000"] } }, hosts: { "[fd00::5]:5000": { insecureSkipVerify: true } } }',
    'K3s does not use the settings of "[fd00::5]:5000" under hosts for this URL, because it compares hosts as text. Write them there for "[FD00:0::5]:5000" too, or write the same host in both places.',
  ],
  [
    '{ mirrors: { a.example.com: { endpoints: ["https://a.example.com:443"], rewrite: { "^x/": "y/" } } }, hosts: { a.example.com: { insecureSkipVerify: true } } }',
    'K3s does not use the settings of "a.example.com" under hosts for this URL, because it compares hosts as text. Write them there for "a.example.com:443" too, or write the same host in both places.',
  ],
  [
    '{ mirrors: { docker.io: { endpoints: [https://a.example.com], rewrite: { "^docker.io/(.*)": "$1" } } } }',
    "the expression sees the name without the registry docker.io. Delete docker.io/ from it.",
  ],
  [
    String.raw`{ mirrors: { docker.io: { endpoints: [https://a.example.com], rewrite: { '^a\.b/(.*)': x } } } }`,
    String.raw`"^a\\.b/(.*)" has \., which makes K3s' file for containerd invalid. Write ^a[.]b/(.*).`,
  ],
  [
    '{ hosts: { "a.example.com:99999": { insecureSkipVerify: true } } }',
    '"a.example.com:99999" is not a valid registry. Write a host without a scheme, like registry.example.com:5000.',
  ],
  [
    "{ hosts: { a.example.com: { login: { username: till } } } }",
    '"password" is missing. Write it here.',
  ],
  [
    `{ hosts: { a.example.com: { login: { password: ${secret("A")} } } } }`,
    '"username" is missing. Write it here.',
  ],
  [
    "{ hosts: { a.example.com: { login: { username: till, password: hunter2 } } } }",
    "found a value that is not a reference to a secret. Write { file: path } or { env: NAME }: the fleet file is in Git.",
  ],
  [
    '{ hosts: { a.example.com: { login: { username: "a:b", password: { env: A } } } } }',
    '"a:b" is not a valid user name. Write ASCII without spaces and colons.',
  ],
  [
    `{ hosts: { a.example.com: { clientCertificate: ${secret("A")} } } }`,
    '"clientKey" is missing. Write it here.',
  ],
  [
    `{ hosts: { a.example.com: { clientKey: ${secret("A")} } } }`,
    '"clientCertificate" is missing. Write it here.',
  ],
])("a mistake is at its line: %s", (inner, message) => {
  const mistakes = mistakesOf(site(inner));
  expect(mistakes.map((each) => each.replace(/^\d+:\d+: \S+: /, ""))).toEqual([message]);
  expect(mistakes.join()).toMatch(/^12:/);
});

test("an authority is read, and is of no use where any certificate is accepted", () => {
  const inner =
    "{ hosts: { a.example.com: { certificateAuthority: ca.pem, insecureSkipVerify: true } } }";
  const at = "sites.boston.registries.hosts.a.example.com";
  expect(mistakesOf(site(inner))).toEqual([
    `12:67: ${at}.certificateAuthority: file not found: "ca.pem". Write a PEM file.`,
    `12:95: ${at}.insecureSkipVerify: with insecureSkipVerify the certificate authority is not used. Delete one of them.`,
  ]);
});

test.each([
  ['a.example.com: { endpoints: ["https://a.example.com:443"], rewrite: { x: y } }'],
  ["a.example.com: { endpoints: [http://a.example.com], rewrite: { x: y } }"],
  ["docker.io: { endpoints: [https://a.example.com, https://registry-1.docker.io] }"],
  [
    "docker.io: { endpoints: [https://a.example.com/artifactory/api/docker/hub/v2/, https://b.example.com/v2/hub, https://c.example.com/] }",
  ],
  ['"[fd00::5]:5000": { endpoints: ["https://[fd00::5]:5000", "http://my_mirror.:80"] }'],
])("the registry itself can be an endpoint: %s", (entry) => {
  expect(mistakesOf(site(`{ mirrors: { ${entry} } }`))).toEqual([]);
});

test.each([
  ["(?i)^Library/(.*)$", "hub/$1"],
  ["^(?P<name>[a-z]+)/(?:.*)", "${name}/x"],
  ["^a(.*)", "${1}_x"],
  ["^(.*)", "$$1_x/$1"],
])("what Go's regular expressions know is accepted: %s to %s", (expression, replacement) => {
  const rewrite = `{ ${JSON.stringify(expression)}: ${JSON.stringify(replacement)} }`;
  const endpoints = "[https://a.example.com]";
  expect(
    mistakesOf(
      site(`{ mirrors: { docker.io: { endpoints: ${endpoints}, rewrite: ${rewrite} } } }`),
    ),
  ).toEqual([]);
});
