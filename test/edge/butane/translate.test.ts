import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ButaneConfig } from "../../../edge/butane/config.ts";
import { formatEntry } from "../../../edge/butane/report.ts";
import { butaneText } from "../../../edge/butane/text.ts";
import { translateConfig, translateText } from "../../../edge/butane/translate.ts";

const config = (body: string, version = "1.5.0") => `variant: fcos\nversion: ${version}\n${body}`;

function reportOf(text: string): readonly string[] {
  return translateText(text).report.map(formatEntry);
}

/** The output of the translation, without `ignition.version`. */
function outputOf(text: string): unknown {
  const { ignition, report } = translateText(text);
  expect(report).toEqual([]);
  const { ignition: _, ...rest } = JSON.parse(ignition ?? "null") as Record<string, unknown>;
  return rest;
}

describe("versions", () => {
  test.each([
    ["1.0.0", "3.0.0"],
    ["1.1.0", "3.1.0"],
    ["1.2.0", "3.2.0"],
    ["1.3.0", "3.2.0"],
    ["1.4.0", "3.3.0"],
    ["1.5.0", "3.4.0"],
    ["1.6.0", "3.5.0"],
    ["1.7.0", "3.6.0"],
  ])("fcos %s becomes Ignition %s", (version, ignition) => {
    const text = `{"ignition":{"version":"${ignition}"}}\n`;
    expect(translateText(config("", version))).toEqual({ ignition: text, report: [] });
  });

  test.each([
    ["variant: fcos\nversion: 1.9.0", "No translator exists for variant fcos with version 1.9.0"],
    ["variant: none\nversion: 1.1.0", "No translator exists for variant none with version 1.1.0"],
    [
      "variant: flatcar\nversion: 1.1.0",
      "Flotilla translates only the variant fcos; the variant flatcar needs the program butane",
    ],
    ["variant: fcos\nversion: 1.5", "error parsing version; must be a valid semver"],
    ["version: 1.5.0", "error parsing variant; must be specified"],
    ["# nothing", "error parsing variant; must be specified"],
    [
      "- a",
      "Error unmarshaling yaml: yaml: unmarshal errors:\n" +
        "  line 1: cannot unmarshal !!seq into config.commonFields",
    ],
  ])("are refused in %j", (text, error) => {
    expect(translateText(text)).toEqual({ error, report: [] });
  });

  test("decide which fields exist", () => {
    const body = "kernel_arguments:\n  should_exist: [quiet]";
    expect(reportOf(config(body, "1.3.0"))).toEqual([
      "warning at $.kernel_arguments, line 3 col 1: unused key kernel_arguments",
    ]);
    expect(outputOf(config(body, "1.4.0"))).toEqual({
      kernelArguments: { shouldExist: ["quiet"] },
    });
  });

  test("decide whether contents say how they are compressed", () => {
    const body = `storage:\n  files:\n    - path: /a\n      contents:\n        inline: ${"a".repeat(90)}`;
    const contents = { source: `data:,${"a".repeat(90)}` };
    expect(outputOf(config(body, "1.0.0"))).toEqual({
      storage: { files: [{ path: "/a", contents }] },
    });
    expect(translateText(config(body, "1.1.0")).ignition).toContain('{"compression":"gzip"');
  });

  test("decide what a reference to a configuration or a certificate may be", () => {
    const merged = 'ignition:\n  config:\n    merge: [{ inline: "{}" }]';
    const noInline =
      "warning at $.ignition.config.merge.0.inline, line 5 col 15: unused key inline";
    expect(reportOf(config(merged, "1.0.0"))).toEqual([noInline]);
    expect(translateText(config(merged, "1.0.0")).ignition).toContain('"merge":[{"source":null}]');
    const replaced = "ignition:\n  config:\n    replace: { verification: {} }";
    expect(outputOf(config(replaced, "1.0.0"))).toEqual({});
    const authority = "ignition: { security: { tls: { certificate_authorities: [{}] } } }";
    expect(reportOf(config(authority, "1.0.0"))).toEqual([
      expect.stringContaining("certificate_authorities.0.source"),
    ]);
  });

  const contents = (fields: string) =>
    `storage: { files: [{ path: /a, contents: { ${fields} } }] }`;
  const sum = `source: "http://x.invalid", verification: { hash: sha256-${"0".repeat(64)} }`;

  test.each([
    ["SHA-256", contents(sum), "1.0.0", "unrecognized hash function", "1.1.0"],
    ["Google's storage", contents('source: "gs://a/b"'), "1.1.0", "invalid url scheme", "1.2.0"],
    [
      "a RAID's level",
      "storage: { raid: [{ name: a, devices: [/dev/a] }] }",
      "1.3.0",
      "unrecognized raid level",
      undefined,
    ],
  ])("decide on %s", (_, body, before, message, after) => {
    expect(reportOf(config(body, before))).toEqual([expect.stringContaining(message)]);
    if (after !== undefined) expect(reportOf(config(body, after))).toEqual([]);
  });

  test("decide whether a link needs a target, and which of two contents is refused", () => {
    const link = config("storage: { links: [{ path: /a }] }", "1.3.0");
    expect(outputOf(link)).toEqual({ storage: { links: [{ path: "/a", target: "" }] } });
    const both = contents('inline: a, source: "data:,b"');
    for (const [version, field] of [
      ["1.0.0", "inline"],
      ["1.1.0", "source"],
    ] as const) {
      expect(reportOf(config(both, version))).toEqual([
        expect.stringContaining(`contents.${field},`),
      ]);
    }
  });
});

test("writes Ignition's fields in Ignition's order", () => {
  const text = config(`
systemd:
  units:
    - name: a.service
      mask: no
      enabled: yes
      dropins:
        - name: b.conf
          contents: "[Unit]\\n"
storage:
  links:
    - {target: ../b, path: /c, hard: false}
  files:
    - mode: 0600
      path: /a
      append:
        - inline: more
      contents:
        verification: {hash: sha256-${"0".repeat(64)}}
        source: https://x.example/a
        compression: gzip
      user: {name: core}
      group: {id: 0}
      overwrite: true
  directories:
    - path: /d
passwd:
  users:
    - ssh_authorized_keys: [k]
      name: core
`);
  expect(translateText(text)).toEqual({
    report: [],
    ignition:
      '{"ignition":{"version":"3.4.0"},' +
      '"passwd":{"users":[{"name":"core","sshAuthorizedKeys":["k"]}]},' +
      '"storage":{"directories":[{"path":"/d"}],"files":[{"group":{"id":0},"overwrite":true,' +
      '"path":"/a","user":{"name":"core"},"append":[{"compression":"","source":"data:,more"}],' +
      '"contents":{"compression":"gzip","source":"https://x.example/a",' +
      `"verification":{"hash":"sha256-${"0".repeat(64)}"}},"mode":384}],` +
      '"links":[{"path":"/c","hard":false,"target":"../b"}]},' +
      '"systemd":{"units":[{"dropins":[{"contents":"[Unit]\\n","name":"b.conf"}],' +
      '"enabled":true,"mask":false,"name":"a.service"}]}}\n',
  });
});

describe("mistakes", () => {
  test.each([
    [
      "storage:\n  files:\n    - path: a",
      "error at $.storage.files.0.path, line 5 col 13: path not absolute",
    ],
    [
      "storage:\n  files:\n    - path: /größe/../b",
      "error at $.storage.files.0.path, line 5 col 13: path is not fully simplified",
    ],
    [
      "storage:\n  files:\n    - mode: 1",
      "error at $.storage.files.0.path, line 5 col 7: path not specified",
    ],
    [
      "storage:\n  files: [{path: /ä, mode: 0o777}, {path: /b, mode: 0o20000}]",
      "error at $.storage.files.1.mode, line 4 col 53: illegal file mode",
    ],
    [
      "storage:\n  files: [{path: /😀, mode: 0o20000}]",
      "error at $.storage.files.0.mode, line 4 col 28: illegal file mode",
    ],
    [
      "storage:\n  files:\n    - path: /a\n      contents: {inline: x, source: y}",
      "error at $.storage.files.0.contents.source, line 6 col 37: " +
        "only one of the following can be set: inline, local, source",
    ],
    [
      "systemd:\n  units:\n    - name: a",
      "error at $.systemd.units.0.name, line 5 col 13: invalid systemd unit extension",
    ],
    [
      "storage:\n  trees:\n    - local: x",
      "error at $.storage.trees.0, line 5 col 7: local file paths are relative to a files directory " +
        "that must be specified with -d/--files-dir",
    ],
  ])("in %j", (body, message) => {
    const text = config(body);
    expect(reportOf(text)).toEqual([message]);
    expect(translateText(text).ignition).toBeUndefined();
  });

  test.each([
    [
      "storage:\n  files:\n    - path: /a\n      mode: '0644'",
      "  line 6: cannot unmarshal !!str `0644` into int",
    ],
    ["storage:\n  files: /a", "  line 4: cannot unmarshal !!str `/a` into []v0_5.File"],
    ["storage: [a]", "  line 3: cannot unmarshal !!seq into v0_5.Storage"],
    [
      "boot_device: a long text",
      "  line 3: cannot unmarshal !!str `a long ...` into v1_5.BootDevice",
    ],
    [
      "systemd:\n  units:\n    - name: a.service\n      enabled: 1",
      "  line 6: cannot unmarshal !!int `1` into bool",
    ],
    ["passwd: {a: 1, a: 2}", '  line 3: mapping key "a" already defined at line 3'],
  ])("of type in %j", (body, mistake) => {
    const error = `yaml: unmarshal errors:\n${mistake}`;
    expect(translateText(config(body))).toEqual({ error, report: [] });
  });

  test("of one file are reported together", () => {
    expect(reportOf(config("bogus: 1\nstorage:\n  files:\n    - path: a\n    - path: b"))).toEqual([
      "warning at $.bogus, line 3 col 1: unused key bogus",
      "error at $.storage.files.0.path, line 6 col 13: path not absolute",
      "error at $.storage.files.1.path, line 7 col 13: path not absolute",
    ]);
  });

  test("in an alias inside its own anchor end the translation", () => {
    const error = "yaml: anchor 'a' value contains itself";
    expect(translateText(config("storage: &a\n  <<: *a"))).toEqual({ error, report: [] });
  });
});

describe("what Butane adds", () => {
  test("comes before what is written, and the report finds both", () => {
    const text = config(
      `boot_device:
  mirror: {devices: [/dev/a, sdb]}
storage:
  disks:
    - {device: sdc}
    - {device: /dev/a, partitions: [{number: 9, type_guid: x}]}`,
    );
    expect(reportOf(text).filter((line) => line.startsWith("error"))).toEqual([
      "error at $.storage.disks.1.partitions.0.type_guid, line 8 col 60: " +
        'doesn\'t match the form "01234567-89AB-CDEF-EDCB-A98765432101"',
      "error at $.boot_device.mirror.devices.1, line 4 col 30: path not absolute",
      "error at $.storage.disks.0.device, line 7 col 16: path not absolute",
    ]);
  });
});

test("gives the same for a configuration in memory as for its text", () => {
  const texts = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string(),
    fc.constantFrom(
      "yes",
      "0644",
      "~",
      "a\n",
      " a\n\n",
      "#",
      "a: b\n- c\n",
      "[Unit]\nA=%i\n",
      "\t",
    ),
  );
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 5 });
  const configs = fc
    .record({
      names,
      contents: fc.array(texts, { minLength: 5, maxLength: 5 }),
      mode: fc.nat(4095),
    })
    .map((sample): ButaneConfig => ({
      variant: "fcos",
      version: "1.5.0",
      storage: {
        files: sample.names.map((name, index) => ({
          path: `/etc/${name}`,
          mode: sample.mode,
          contents: { inline: sample.contents[index] ?? "" },
        })),
      },
      systemd: {
        units: sample.names.map((name, index) => ({
          name: `${name}.service`,
          contents: sample.contents[index] ?? "",
        })),
      },
    }));
  fc.assert(
    fc.property(configs, (sample) => {
      const translation = translateConfig(sample);
      const { ignition, report } = translateText(butaneText(sample, "a comment"));
      expect(ignition).toBe(translation.ignition);
      expect(report).toMatchObject(translation.report);
    }),
    { seed: 3, numRuns: 200 },
  );
});
