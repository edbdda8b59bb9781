import { loadAll } from "js-yaml";
import { expect, test } from "vitest";
import { parsePeers } from "../../../cli/plan/hub-changes.ts";

const written = `apiVersion: v1
kind: ConfigMap
metadata:
  name: gateway-peers
  namespace: flotilla-gateway
data:
  peers.conf: |
    # store-1
    [Peer]
    PublicKey=A4taqz/YgBYvGVawSu3h69YbSFeQwysscubCtoMuElo=
    AllowedIPs=100.64.0.2/32
    # store-2
    [Peer]
    PublicKey=SzXuKo603yOcblGBY32GH/H6FVBcKaB0Euf93awpKho=
    AllowedIPs=100.64.0.3/32
`;
const devices = "  devices.txt: |\n    100.64.0.2 store-1 boston canary\n";
const role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n";

/** As a YAML parser reads it. */
function peersIn(text: string): Map<string, string> {
  const [object] = loadAll(text) as { data?: Record<string, string> }[];
  const peers = object?.data?.["peers.conf"] ?? "";
  const sections = peers.matchAll(/^# (\S+)\n((?:[^#\n].*\n?)*)/gm);
  return new Map([...sections].map(([, name = "", section = ""]) => [name, section]));
}

test.each([
  ["alone", written],
  ["with other data", written + devices],
  ["with another object", written + role],
  ["with both", written + devices + role],
  ["without a line end", written.trimEnd()],
  ["with a blank line", written.replace("    # store-2", "\n    # store-2")],
  ["with a comment of YAML at the end", `${written}# by hand\n`],
  ["indented further", written.replaceAll("\n    ", "\n      ")],
  ["with another indentation inside", written.replace("    AllowedIPs", "     AllowedIPs")],
  ["folded", written.replace("conf: |", "conf: >")],
  ["kept", written.replace("conf: |", "conf: |+") + "\n\n"],
  ["quoted", written.replace("peers.conf", '"peers.conf"')],
  ["with the line ends of Windows", written.replaceAll("\n", "\r\n")],
  ["after a comment", `# by hand\n${written}`],
  ["below another key", written.replace("data:\n", "data:\n  a.conf: |\n    # a\n    b\n")],
  ["of no device", written.replace(/peers.conf: [^]*/, 'peers.conf: ""\n')],
])("peers %s", (_, text) => {
  expect(parsePeers(text)).toEqual(peersIn(text));
});

test("a missing file and one that is not YAML have no peers", () => {
  expect(parsePeers(undefined).size).toBe(0);
  const broken = written.replace("    # store-2", "  # by hand\n    # store-2");
  expect(() => loadAll(broken)).toThrow("bad indentation");
  expect(parsePeers(broken).size).toBe(0);
});
