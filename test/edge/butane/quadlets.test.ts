import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { formatEntry } from "../../../edge/butane/report.ts";
import { plainReportText } from "../../../edge/butane/report-text.ts";
import { translateText } from "../../../edge/butane/translate.ts";
import { peerPath } from "../../peers/peers.ts";

const header = "variant: fcos\nversion: 1.8.0-experimental\n";

const bodies: readonly string[] = [
  "systemd: { quadlets: [{ name: web.container, contents: '[Container]' }] }",
  "systemd: { quadlets: [{ name: web.pod, rootful: true, contents: x }, { name: web.volume }] }",
  "systemd: { quadlets: [{ name: a@.container, contents: x }, { name: a@b.container }] }",
  "systemd: { quadlets: [{ name: a@b.container, contents: x, contents_local: y }] }",
  "systemd: { quadlets: [{ name: web.kube, dropins: [{ name: x.conf, contents: y }] }] }",
  "systemd: { quadlets: [{ name: web.service, contents: x }] }",
  "systemd: { quadlets: [{ contents: x }] }",
  "systemd: { quadlets: [{ name: a.image, contents: x, contents_local: y }] }",
  "systemd: { quadlets: [{ name: a.image, contents_local: y }] }",
  "systemd: { quadlets: [{ name: a.image }, { name: a.image }] }",
  "systemd: { quadlets: [{ name: a@b.image }, { name: a@b.image }] }",
  "systemd: { quadlets: [{ name: a.image, rootfull: true }], units: [{ name: a.service, enabled: true }] }",
  "systemd: { quadlets: [{ name: a.image, rootful: 7 }] }",
  "systemd: { quadlets: [] }",
  "storage: { files: [{ path: /etc/containers/systemd/users/a.build }] }\nsystemd: { quadlets: [{ name: a.build }] }",
  `systemd: { quadlets: [{ name: a.network, contents: "${"long ".repeat(200)}" }] }`,
];

const butane = peerPath("butane-0.29.0");

describe.skipIf(butane === undefined)(
  "quadlets, as the real butane 0.29.0 (needs the peer)",
  () => {
    test.each(bodies)("%s", (body) => {
      const input = `${header}${body}\n`;
      const { status, stdout, stderr } = spawnSync(butane ?? "", ["--raw-errors"], {
        input,
        encoding: "utf8",
      });
      const { ignition, error, report } = translateText(input);
      const said = `${plainReportText(report)}${error ? `Error translating config: ${error}` : ""}`;
      expect(ignition === undefined).toBe(status !== 0);
      if (ignition !== undefined) expect(ignition).toBe(stdout);
      expect(said.trim()).toBe(stderr.trim());
    });
  },
);

test("a quadlet becomes a file, before 1.8.0 an unused key", () => {
  const body = "systemd: { quadlets: [{ name: web.container, contents: x }] }\n";
  expect(JSON.parse(translateText(`${header}${body}`).ignition ?? "").storage.files).toEqual([
    {
      path: "/etc/containers/systemd/users/web.container",
      contents: { compression: "", source: "data:,x" },
      mode: 0o644,
    },
  ]);
  const { report } = translateText(`variant: fcos\nversion: 1.7.0\n${body}`);
  expect(report.map(formatEntry)).toEqual([
    "warning at $.systemd.quadlets, line 3 col 12: unused key quadlets",
  ]);
});
