import fc from "fast-check";
import { expect, test } from "vitest";
import type { ButaneConfig, ButaneFile } from "../../../edge/butane/config.ts";
import { translateSimilar } from "../../../edge/butane/similar.ts";
import { translateConfig } from "../../../edge/butane/translate.ts";

const inline = (path: string, text: string): ButaneFile => ({
  path,
  mode: 0o600,
  contents: { inline: text },
});

const configOf = (
  files: readonly ButaneFile[],
  more: Partial<ButaneConfig> = {},
): ButaneConfig => ({
  variant: "fcos",
  version: "1.5.0",
  ...more,
  storage: { ...more.storage, files },
});

/** Contents of each form, some of them empty, and texts that look like what is put in their place. */
const texts = fc.oneof(
  fc.constantFrom("", "\0", "\\u00000", '"\\u00001"', "a word", "é<&>\u2028", "\udc80", "null"),
  fc.nat(40).map((times) => "key = value\n".repeat(times)),
  fc.string({ unit: "grapheme", maxLength: 200 }),
);

const remote: ButaneFile = {
  path: "/usr/local/bin/k3s",
  mode: 0o755,
  contents: {
    source: "https://k3s.invalid/k3s",
    verification: { hash: `sha256-${"0".repeat(64)}` },
  },
};
const shared = inline("/etc/shared", "the same object in every configuration\n".repeat(5));

/** Everything but the contents, in a few forms. */
const rests: readonly Partial<ButaneConfig>[] = [
  {},
  { boot_device: { layout: "x86_64", luks: { tpm2: true } } },
  { boot_device: { layout: "x86_64", mirror: { devices: ["/dev/sda", "/dev/sdb"] } } },
  {
    systemd: { units: [{ name: "a.service", enabled: true, contents: "[Service]\n" }] },
    storage: { links: [{ path: "/etc/link", target: "../x" }] },
  },
  { ignition: { config: { merge: [{ inline: '{"ignition":{"version":"3.4.0"}}' }] } } },
  // Refused, and accepted with a warning.
  { storage: { links: [{ path: "/etc", target: "/x" }] } },
  { ignition: { proxy: { https_proxy: "http://proxy.invalid" } } },
];

test("translates as if it had seen no other configuration", () => {
  const configs = fc
    .tuple(fc.nat(rests.length - 1), fc.nat(3), fc.array(texts, { minLength: 3, maxLength: 3 }))
    .map(([rest, count, contents]) => {
      const own = contents.slice(0, count).map((text, index) => inline(`/etc/${index}`, text));
      return configOf([...own, shared, remote], rests[rest]);
    });
  fc.assert(
    fc.property(fc.array(configs, { minLength: 2, maxLength: 12 }), (series) => {
      for (const config of series) {
        expect(translateSimilar(config)).toEqual(translateConfig(config));
      }
    }),
    { seed: 17, numRuns: 200 },
  );
});

test("refuses two files of one path, whatever was translated before", () => {
  const twice = configOf([inline("/etc/a", "1"), inline("/etc/a", "2")]);
  translateSimilar(configOf([inline("/etc/a", "1"), inline("/etc/b", "2")]));
  expect(translateSimilar(twice)).toEqual(translateConfig(twice));
  expect(translateSimilar(twice).ignition).toBeUndefined();
});

test("follows everything that is not contents", () => {
  const one = configOf([inline("/etc/a", "text")]);
  const file = { ...inline("/etc/a", "text"), mode: 0o644 };
  const changes = [
    configOf([file]),
    configOf([inline("/etc/b", "text")]),
    configOf([file, shared]),
    configOf([inline("/etc/a", "text")], { systemd: { units: [{ name: "a.service" }] } }),
    { ...one, version: "1.0.0" },
    { ...one, version: "1.1.0" },
  ];
  for (const config of [one, ...changes]) {
    expect(translateSimilar(config)).toEqual(translateConfig(config));
    expect(translateSimilar(config)).toEqual(translateConfig(config));
  }
});
