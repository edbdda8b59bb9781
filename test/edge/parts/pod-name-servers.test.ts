/** Runs the script with programs that stand for systemctl and K3s. Units run in a device that boots: test/e2e/boot. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { load } from "js-yaml";
import { K3sServer } from "../../../edge/parts/k3s-server.ts";
import { deviceForK3s, inlineOf, unitOf } from "../devices.ts";

const device = deviceForK3s({ architecture: "x86_64" });
new K3sServer(device, "k3s", {
  release: "v1.36.4+k3s1",
  binarySha256: "5".repeat(64),
  token: "secret",
});
const path = "/run/flotilla-name-servers/resolv.conf";

test("the kubelet reads the file, which is there before each start and compared after it", () => {
  const settings = load(inlineOf(device, "/etc/rancher/k3s/config.yaml"));
  expect(settings).toMatchObject({ "resolv-conf": path });
  const unit = unitOf(device, "k3s.service");
  expect(unit).toMatch(/^ExecStartPre=\/usr\/local\/bin\/follow-name-servers write$/m);
  expect(unit).toMatch(/^Wants=.* flotilla-name-servers\.service$/m);
  expect(unitOf(device, "flotilla-name-servers.service")).toContain("\nAfter=k3s.service\n");
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "name-servers-"));
  program("follow", inlineOf(device, "/usr/local/bin/follow-name-servers"));
  program("k3s", `echo "$*" >>'${folder}/calls'; [ ! -e '${folder}/fails' ]`);
  program("systemctl", `[ "$*" = "is-active --quiet k3s.service" ] && [ -e '${folder}/active' ]`);
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, text: string): void {
  const start = text.startsWith("#!") ? "" : "#!/bin/bash\n";
  writeFileSync(join(folder, name), `${start}${text}\n`);
  chmodSync(join(folder, name), 0o755);
}

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** The exit status. @param sources texts of the two files; undefined: there is none */
function follow(sources: readonly (string | undefined)[], ...args: readonly string[]) {
  const files = sources.map((text, number) => {
    const file = join(folder, `source-${number}`);
    rmSync(file, { force: true });
    if (text !== undefined) writeFileSync(file, text);
    return file;
  });
  const { status, stderr } = spawnSync(join(folder, "follow"), args, {
    env: {
      PATH: `${folder}:${process.env["PATH"]}`,
      NAME_SERVERS_FOLDER: join(folder, "run"),
      NAME_SERVERS_SOURCES: files.join(" "),
    },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return status;
}
const written = () => readFileSync(join(folder, "run", "resolv.conf"), "utf8");
const calls = () =>
  existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "";

const stub = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n";

describe("what pods get", () => {
  test.each<[string, readonly (string | undefined)[], string]>([
    ["systemd-resolved", [stub, "nameserver 192.168.1.1\nsearch shop.local\n"], "192.168.1.1"],
    ["NetworkManager alone", ["nameserver 10.0.0.2\nnameserver 10.0.0.3\n"], "10.0.0.2 10.0.0.3"],
    ["a zone", [stub, "nameserver fe80::1%eno1\nnameserver 192.168.1.1\n"], "192.168.1.1"],
    ["IPv4 and IPv6", [stub, "nameserver 2001:db8::1\nnameserver 192.168.1.1\n"], "192.168.1.1"],
    ["IPv6 only", [stub, "nameserver 2001:db8::1\nnameserver fd00::1\n"], "2001:db8::1 fd00::1"],
    [
      "more than three",
      [[1, 2, 3, 4].map((n) => `nameserver 10.0.0.${n}\n`).join("")],
      "10.0.0.1 10.0.0.2 10.0.0.3",
    ],
    [
      "not of this machine",
      ["nameserver 127.0.0.1\nnameserver 169.254.1.1\nnameserver ::1\n"],
      "8.8.8.8",
    ],
    [
      "multicast and none",
      ["nameserver 224.0.0.251\nnameserver 0.0.0.0\nnameserver ff02::fb\n"],
      "8.8.8.8",
    ],
    ["no name server yet", [stub, "# nobody\nsearch .\n"], "8.8.8.8"],
    ["no files", [undefined, undefined], "8.8.8.8"],
    ["spaces and comments", ["# nameserver 10.9.9.9\n  nameserver\t10.0.0.2 \n;x\n"], "10.0.0.2"],
    ["no end of line", ["nameserver 10.0.0.2"], "10.0.0.2"],
  ])("%s", (_name, sources, expected) => {
    expect(follow(sources, "write")).toBe(0);
    const servers = [...written().matchAll(/^nameserver (.*)$/gm)].map(([, address]) => address);
    expect(servers.join(" ")).toBe(expected);
  });

  test("the domains and options of the file that the name servers are from", () => {
    follow(
      [stub, "nameserver 192.168.1.1\nsearch shop.local hq.example\noptions timeout:1\n"],
      "write",
    );
    expect(written()).toBe(
      "nameserver 192.168.1.1\nsearch shop.local hq.example\noptions timeout:1\n",
    );
    follow([stub, "nameserver 192.168.1.1\nsearch .\n"], "write");
    expect(written()).toBe("nameserver 192.168.1.1\n");
  });

  test("as every awk finds it", () => {
    const awks = ["gawk", "mawk", "busybox"].filter(
      (name) => spawnSync("which", [name]).status === 0,
    );
    const found = awks.map((name) => {
      program("awk", `exec ${name === "busybox" ? "busybox awk" : name} "$@"`);
      follow([stub, "nameserver fe80::1%eno1\nnameserver 192.168.1.1\nsearch a.b\n"], "write");
      return written();
    });
    for (const text of found) expect(text).toBe("nameserver 192.168.1.1\nsearch a.b\n");
  });
});

describe("a change", () => {
  const first = ["nameserver 10.0.0.2\n"];
  const later = ["nameserver 10.0.0.3\n"];
  const deletion =
    "kubectl --namespace kube-system delete pods --selector k8s-app=kube-dns --wait=false --request-timeout=20s\n";

  test("after the first of a boot, CoreDNS is replaced once for each", () => {
    put("active", "");
    for (const sources of [first, first]) expect(follow(sources)).toBe(0);
    expect(calls()).toBe("");
    for (const sources of [later, later]) expect(follow(sources)).toBe(0);
    expect(calls()).toBe(deletion);
    expect(written()).toBe(later[0]);
  });

  test("the name servers come after K3s", () => {
    follow([""], "write");
    put("active", "");
    follow(first);
    expect([written(), calls()]).toEqual([first[0], deletion]);
  });

  test("while K3s does not run: its next start replaces CoreDNS", () => {
    follow(first, "write");
    follow(later);
    follow(later, "write");
    expect(calls()).toBe("");
    put("active", "");
    follow(later);
    follow(later);
    expect(calls()).toBe(deletion);
  });

  test("while the API server does not answer: the unit tries again", () => {
    put("active", "");
    follow(first);
    put("fails", "");
    expect(follow(later)).toBe(1);
    rmSync(join(folder, "fails"));
    expect(follow(later)).toBe(0);
    expect(calls()).toBe(deletion + deletion);
    expect(unitOf(device, "flotilla-name-servers.service")).toContain("\nRestart=on-failure\n");
  });

  test("the network is gone: the last name servers stay", () => {
    put("active", "");
    follow(first);
    follow([stub, "search .\n"]);
    expect([written(), calls()]).toEqual([first[0], ""]);
  });
});

test("bash finds no mistake", () => {
  execFileSync("bash", ["-n", join(folder, "follow")]);
});
