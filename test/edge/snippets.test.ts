import { describe, expect, test } from "vitest";
import { fleetFiles } from "../../edge/fleet-devices.ts";
import { snippetIgnition } from "../../edge/snippets.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { fleetOf, said, sound, store, usual } from "./snippet-fleet.ts";
import { sampleSecrets } from "../sample.ts";

const linked = (path: string) => `${sound(path).replace("files", "links")}      target: /else\n`;

describe("snippets", () => {
  test("come from the profile, the site, the range and the override, in this order", () => {
    const inline = (path: string, indent: string) =>
      `|\n${sound(path).replaceAll(/^(?=.)/gm, indent)}`;
    const fleet = fleetOf(
      `profiles:
  mini-pc:
    architecture: x86_64
    disk: /dev/sda
    butane: ${inline("/etc/profile", "      ")}sites:
  boston:
    profile: mini-pc
    butane: { file: site.bu }
devices:
  store-{1..2}:
    site: boston
    butane:
      - ${inline("/etc/range-1", "        ")}      - file: range.bu
    overrides:
      store-2:
        butane: ${inline("/etc/override", "          ")}`,
      { "site.bu": sound("/etc/site"), "range.bu": sound("/etc/range-2") },
    );
    expect(said(fleet)).toEqual({ mistakes: [], warnings: [] });
    const paths = fleet.devices.map((device) =>
      device.snippets.map(
        (snippet) => JSON.parse(snippetIgnition(snippet)).storage.files[0].path as string,
      ),
    );
    const shared = ["/etc/profile", "/etc/site", "/etc/range-1", "/etc/range-2"];
    expect(paths).toEqual([shared, [...shared, "/etc/override"]]);
    expect(
      fleet.devices[1]?.snippets.map(({ file, line, column }) => [file, line, column]),
    ).toEqual([
      ["fleet.yaml", 10, 7],
      ["folder/site.bu", 1, 1],
      ["fleet.yaml", 24, 9],
      ["folder/range.bu", 1, 1],
      ["fleet.yaml", 33, 11],
    ]);
  });

  test("have their mistakes at their own line and column, all at once", () => {
    const fleet = fleetOf(
      `profiles:
  mini-pc:
    architecture: x86_64
    disk: /dev/sda
    butane: | # the first line is empty

      variant: fcos
      version: 1.5.0
      storage:
        files:
          - path: no-slash
sites:
  boston:
    profile: mini-pc
    butane: { file: site.bu }
devices:
  store-{1..9}:
    site: boston
    butane: |2
        variant: fcos
        version: 0.9.0
`,
      { "site.bu": "variant: fcos\nversion: 1.5.0\nstorage:\n  filez: []\n" },
    );
    expect(said(fleet)).toEqual({
      mistakes: [
        "fleet.yaml:15:19: storage.files.0.path: path not absolute",
        expect.stringMatching(/^fleet\.yaml:25:18: version: .*0\.9\.0/),
      ],
      warnings: ["folder/site.bu:4:3: storage.filez: unused key filez"],
    });
    const files = fleetFiles(fleet, () => sampleSecrets);
    expect(() => [...files]).toThrow(InputError);
  });

  test("have their YAML mistakes at their own line too", () => {
    const { mistakes } = said(store("variant: fcos\nversion: 1.5.0\nstorage: { files: [ }\n"));
    expect(mistakes.length).toBeGreaterThan(0);
    for (const mistake of mistakes) expect(mistake).toMatch(/^fleet\.yaml:15:/);
    const text = "variant: fcos\nversion: 1.5.0\nstorage: { files: 7 }\n";
    expect(said(store(text)).mistakes).toEqual([expect.stringMatching(/^fleet\.yaml:15:/)]);
  });

  test("may say modes as Butane does, whatever else is wrong", () => {
    const folder = `variant: fcos
version: 1.5.0
storage: { directories: [{ path: /etc/own, mode: 0755 }] }
`;
    expect(said(store(folder))).toEqual({ mistakes: [], warnings: [] });
    expect(said(store(folder.replace("1.5.0", "0.9.0"))).mistakes).toEqual([
      expect.stringMatching(/^fleet\.yaml:14:16: version: /),
    ]);
  });

  test.each([
    ["files", "/etc/rancher/k3s/config.yaml", "k3s"],
    ["files", "/usr/local/bin/k3s", "k3s"],
    ["files", "/etc/NetworkManager/system-connections/wg-hub.nmconnection", "hub-tunnel"],
    ["files", "/etc/flotilla/firewall.nft", "host-firewall"],
    ["links", "/etc/hostname", "hostname"],
    ["directories", "/etc/localtime", "time-zone"],
    ["files", "/var/lib/rancher/k3s/server/tls/server-ca.key", "certificate-authorities"],
    ["directories", "/var/lib/rancher/k3s/server/tls", "certificate-authorities"],
    ["files", "/var/lib/rancher/k3s/server/manifests/flotilla.yaml", "hub-enrolment"],
  ])("may not write %s at %s", (list, path, part) => {
    const text = list === "links" ? linked(path) : sound(path).replace("files", list);
    const fleet = store(text);
    expect(said(fleet).mistakes).toEqual([
      `fleet.yaml:17:19: storage.${list}.0.path: ${path} belongs to Flotilla's part "${part}", and this silently replaces it. Write another path, or delete this.`,
    ]);
  });

  test("may not put a link where Flotilla has a folder, and may say more of the folder", () => {
    expect(said(store(linked("/etc/rancher"))).mistakes[0]).toContain(
      `/etc/rancher/k3s/config.yaml belongs to Flotilla's part "k3s"`,
    );
    const folder = sound("/etc/rancher").replace("files", "directories");
    expect(said(store(folder)).mistakes).toEqual([]);
  });

  test("may add to a unit, and not replace it", () => {
    const unit = (rest: string) => `variant: fcos
version: 1.5.0
systemd:
  units:
    - name: k3s.service
      ${rest}
`;
    const dropin = "dropins: [{ name: nice.conf, contents: '' }]";
    expect(said(store(unit(dropin))).mistakes).toEqual([]);
    const off = said(store(unit("enabled: false"))).mistakes;
    expect(off).toEqual([
      `fleet.yaml:17:19: systemd.units.0.name: k3s.service belongs to Flotilla's part "k3s", and this silently replaces it. Write a drop-in without contents, enabled and mask, or delete this.`,
    ]);
  });

  test("may write the tunnel's file where there is no tunnel", () => {
    const path = "/etc/NetworkManager/system-connections/wg-hub.nmconnection";
    const text = `${usual}devices:
  depot-1:
    site: boston
    connectivity: direct
    address: 203.0.113.7
    butane: { file: depot.bu }
`;
    const snippet = `${sound(path)}      mode: 0600\n`;
    expect(said(fleetOf(text, { "depot.bu": snippet })).mistakes).toEqual([]);
  });
});
