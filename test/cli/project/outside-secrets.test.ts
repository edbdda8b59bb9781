/** Secrets that are not in Git: read when an image is made, and told nowhere. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outsideSecretReader } from "../../../cli/project/outside-secrets.ts";
import { maskSecrets } from "../../../cli/terminal/known-secrets.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import type { SecretReference } from "../../../fleet/model/secret-reference.ts";
import { makeCertificates } from "../../made-certificates.ts";
import { sampleFleet } from "../../sample.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const hash = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7";
const place = { file: "fleet.yaml", line: 3, column: 5 };

/** The secret, or the mistakes. */
function read(
  reference: Pick<SecretReference, "form" | "from" | "name">,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): string {
  const [device] = sampleFleet.devices;
  if (device === undefined) throw new Error("the sample has devices");
  const passwordHash = { ...reference, place };
  const users = [{ name: "ann", sshKeys: [], passwordHash, groups: [] }];
  try {
    const secrets = outsideSecretReader(folder, environment)({ ...device, machine: { users } });
    return [...secrets].join();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map(formatMistake).join("\n");
  }
}

test("a file's last line break and its byte order mark are not part of its secret", () => {
  const folder = temporaryFolder();
  for (const text of [hash, `${hash}\n`, `${hash}\r\n`, `\ufeff${hash}\r\n`]) {
    writeFileSync(join(folder, "ann.hash"), text);
    const reference = { form: "password-hash", from: "file", name: "ann.hash" } as const;
    expect(read(reference, folder)).toBe(`file:ann.hash,${hash}`);
  }
});

test("a certificate in DER is not in PEM", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "till.der"), Buffer.from([0x30, 0x82]));
  expect(read({ form: "pem", from: "file", name: "till.der" }, folder)).toBe(
    'fleet.yaml:3:5: the file "till.der" is not in PEM. Write the lines from -----BEGIN to -----END.',
  );
});

test("a secret of several devices is read once", () => {
  const [one, other] = sampleFleet.devices;
  if (one === undefined || other === undefined) throw new Error("the sample has devices");
  let reads = 0;
  const environment = {
    get ANN() {
      reads += 1;
      return hash;
    },
  };
  const passwordHash = { form: "password-hash", from: "env", name: "ANN", place } as const;
  const machine = { users: [{ name: "ann", sshKeys: [], passwordHash, groups: [] }] };
  const secretsOf = outsideSecretReader("/", environment);
  for (const device of [one, other]) {
    expect([...secretsOf({ ...device, machine })]).toEqual([["env:ANN", hash]]);
  }
  expect(reads).toBe(1);
});

test("a variable is read from the session, and its value is masked from then on", () => {
  const reference = { form: "line", from: "env", name: "ANN" } as const;
  expect(read(reference, "/", { ANN: "blue ocean seven" })).toBe("env:ANN,blue ocean seven");
  expect(maskSecrets("said: blue ocean seven")).toBe("said: <secret>");
});

test("an invalid secret is reported at its place, without its text", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "empty"), "\n");
  writeFileSync(join(folder, "clear"), "hunter2 in the clear\n");
  writeFileSync(join(folder, "lines"), "one\ntwo\n");
  const mistakes = (["absent", "folder", "empty", "clear", "lines"] as const).map((name) =>
    read({ form: name === "clear" ? "password-hash" : "line", from: "file", name }, folder),
  );
  expect(mistakes).toEqual([
    'fleet.yaml:3:5: file not found: "absent". Write the secret to this file.',
    'fleet.yaml:3:5: this is a folder: "folder". Write the secret to this file.',
    'fleet.yaml:3:5: this file is empty: "empty". Write the secret to it.',
    'fleet.yaml:3:5: the file "clear" does not contain a password hash. Write the output of mkpasswd --method=yescrypt.',
    'fleet.yaml:3:5: the file "lines" contains control characters or more than one line. Write the secret in one line.',
  ]);
  for (const passphrase of ["seven77", "x".repeat(65), "Caf\u00e9 Zentrum", "g".repeat(64)]) {
    const reference = { form: "wifi-passphrase", from: "env", name: "WIFI" } as const;
    expect(read(reference, folder, { WIFI: passphrase })).toBe(
      "fleet.yaml:3:5: the variable WIFI does not contain a Wi-Fi passphrase. Write 8 to 63 ASCII characters, or a key in 64 hexadecimal digits.",
    );
  }
  for (const passphrase of ["eight888", "x".repeat(63), "0123456789abcdef".repeat(4)]) {
    const reference = { form: "wifi-passphrase", from: "env", name: "WIFI" } as const;
    expect(read(reference, folder, { WIFI: passphrase })).toBe(`env:WIFI,${passphrase}`);
  }
  for (const login of ["hunter2", ":hunter2", "till:", "till:one\ntwo"]) {
    const reference = { form: "proxy-login", from: "env", name: "LOGIN" } as const;
    expect(read(reference, folder, { LOGIN: login })).toBe(
      "fleet.yaml:3:5: the variable LOGIN does not contain a login. Write user:password in one line.",
    );
    expect(read(reference, folder, { LOGIN: "CORP\\till:p@ss:w rd" })).toContain("p@ss:w rd");
  }
  expect(read({ form: "line", from: "env", name: "ANN" }, folder)).toBe(
    "fleet.yaml:3:5: the variable ANN is not set. Set it.",
  );
});

test("validate and the state need no secret; synth leaves out the device that has none", async () => {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const users = "users: { ann: { passwordHash: { file: ann.hash } } }";
  const text = readFileSync(file, "utf8");
  expect(text).toContain("\n  cafe-01:\n");
  writeFileSync(file, text.replace("\n  cafe-01:\n", `\n  cafe-01:\n    ${users}\n`));
  expect(await flotilla(folder, ["validate"])).toMatchObject({ code: 0 });
  const synth = await flotilla(folder, ["synth"]);
  expect(synth.code).toBe(0);
  expect(synth.err).toMatch(/warning: no files for cafe-01: .*ann\.hash/);
  writeFileSync(join(folder, "ann.hash"), hash);
  expect(await flotilla(folder, ["synth"])).toMatchObject({ code: 0 });
  const ignition = readFileSync(join(folder, "dist/edge/cafe-01/device.ign"), "utf8");
  expect(ignition).toContain(hash);
  const shown = await flotilla(folder, ["show", "cafe-01", "--json"]);
  expect(shown.code).toBe(0);
  expect(shown.out + shown.err).not.toContain(hash);
});

test("a secret that many devices lack is one warning", async () => {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const users =
    "users: { ann: { passwordHash: { env: ANN } }, bob: { passwordHash: { env: BOB } } }";
  const text = readFileSync(file, "utf8");
  const range = "\n  till-{0001..0150}:\n    site: boston-seaport\n";
  const site = /^ {2}cafe-01:\n {4}site: (\S+)/m.exec(text)?.[1] ?? expect.fail(text);
  const added = `${range.replace("boston-seaport", site)}    ${users}\n  cafe-01:\n`;
  writeFileSync(file, text.replace("\n  cafe-01:\n", added));
  const synth = await flotilla(folder, ["synth", "--only", "edge"], { BOB: hash });
  expect(synth.code).toBe(0);
  const warnings = synth.err.split("\n").filter((line) => line.includes("warning"));
  expect(warnings).toEqual([
    expect.stringMatching(
      /^warning: no files for till-0001 and 149 other devices: fleet.yaml:\d+:\d+: .*the variable ANN is not set\. Set it\.$/,
    ),
  ]);
});

test("a passphrase of Wi-Fi is in the image, and masked as its keyfile writes it", async () => {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  const wifi = "wlan0: { type: wifi, wifi: { ssid: shop, passphrase: { file: wifi } } }";
  const lan = "eno1: { ipv4: { addresses: [10.120.1.20/24], gateway: 10.120.1.1 } }";
  const interfaces = `interfaces: { ${wifi}, ${lan} }`;
  writeFileSync(file, text.replace("\n  cafe-01:\n", `\n  cafe-01:\n    ${interfaces}\n`));
  writeFileSync(join(folder, "wifi"), String.raw`blue\ocean seven`);
  const keyfile = "/etc/NetworkManager/system-connections/wlan0.nmconnection";
  const shown = await flotilla(folder, ["show", "cafe-01", "--file", keyfile]);
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.out).toContain("psk=<secret>\n");
  const summary = await flotilla(folder, ["show", "cafe-01"]);
  expect(summary.out).toMatch(
    /interface +eno1 \(ethernet\): IPv4 10\.120\.1\.20\/24 via 10\.120\.1\.1, IPv6 auto\n/,
  );
  expect(summary.out).toMatch(
    /interface +wlan0 \(wifi\): IPv4 auto, IPv6 auto; wifi: ssid shop, security wpa2, passphrase file\n +wifi\n/,
  );
});

test("the key of a registry's client is that of its certificate", () => {
  const [device] = sampleFleet.devices;
  const [made, other] = [makeCertificates("a.example"), makeCertificates("b.example")];
  const reference = (name: string) => ({ form: "pem", from: "env", name, place }) as const;
  const client = { certificate: reference("CERTIFICATE"), key: reference("KEY") };
  const host = { host: "a.example", login: null, authority: null, client, insecure: false };
  const registries = { mirrors: [], hosts: [host] };
  const readWith = (key: string) => () =>
    outsideSecretReader("/", { CERTIFICATE: made.server, KEY: key })({
      ...device!,
      machine: { registries },
    });
  expect(readWith(made.serverKey)().size).toBe(2);
  expect(readWith(other.serverKey)).toThrow(
    "fleet.yaml:3:5: this is not the key of the client certificate. Write the pair that a.example expects.",
  );
});

test("no file that is shown depends on a secret", async () => {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const machine = `
    users: { ann: { passwordHash: { env: HASH } } }
    proxy: { http: "http://proxy.shop.example:3128", login: { env: LOGIN } }
    interfaces: { wlan0: { type: wifi, wifi: { ssid: shop, passphrase: { env: WIFI } } } }
    registries:
      hosts:
        mirror.shop.example:
          login: { username: till, password: { env: PASSWORD } }
          clientCertificate: { env: CERTIFICATE }
          clientKey: { env: KEY }
`;
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("\n  cafe-01:\n", `\n  cafe-01:${machine}`));
  const pem = (body: string) => `-----BEGIN X-----\n${body}\n-----END X-----\n`;
  const sets = [
    { HASH: hash, LOGIN: "a:b", WIFI: "yesyesyes", PASSWORD: "yes" },
    {
      HASH: "$1$other$other",
      LOGIN: 'c:p@ss"w/rd%',
      WIFI: String.raw`p@ss"\w%rd`,
      PASSWORD: 'p"\\w%',
    },
  ].map((set, at) => ({ ...set, CERTIFICATE: pem(`C${at}`), KEY: pem(`K${at}`) }));
  const differing = await differingFiles(folder, sets);
  expect(differing).toEqual(
    expect.arrayContaining([
      "/etc/NetworkManager/system-connections/wlan0.nmconnection",
      "/etc/flotilla/proxy.env",
      "/etc/rancher/k3s/registries.yaml",
    ]),
  );
  for (const path of differing) {
    const show = ["show", "cafe-01", "--file", path];
    const [one, other] = sets.map((set) => () => flotilla(folder, show, set));
    const shown = await one?.();
    expect([path, shown]).toEqual([path, await other?.()]);
    expect([path, shown?.out]).toEqual([path, expect.stringMatching(/<secret>|[*]{3}/)]);
  }
});

/** The files of a device that are not the same for each set of secrets. */
async function differingFiles(
  folder: string,
  sets: readonly Readonly<Record<string, string>>[],
): Promise<string[]> {
  const paths: string[] = [];
  const known = new Map<string, string>();
  for (const set of sets) {
    expect(await flotilla(folder, ["synth", "--only", "edge"], set)).toMatchObject({ code: 0 });
    const ignition = readFileSync(join(folder, "dist/edge/cafe-01/device.ign"), "utf8");
    for (const { path, contents } of JSON.parse(ignition).storage.files) {
      const first = known.get(path);
      if (first !== undefined && first !== JSON.stringify(contents)) paths.push(path);
      known.set(path, JSON.stringify(contents));
    }
  }
  return paths;
}
