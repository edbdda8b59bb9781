/** Locks read and written without the YAML parser, against the parser. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { withLongSections, withoutLongSections } from "../../../fleet/lock/long-sections.ts";

const options = { aliasDuplicateObjects: false, lineWidth: 0, singleQuote: true } as const;

const quiet = { logLevel: "error" } as const;

const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9](-?[a-z0-9]){0,6}$/),
  fc.constantFrom("null", "true", "false", "y", "no", "off", "1e5", "0x12", "constructor", "a: b"),
  fc.constantFrom("x #y", "- a", "&a", "*a", "", " a", "nan", "inf", "e1", "o17", "1234", "1_0"),
);
const address = fc.oneof(
  { weight: 9, arbitrary: fc.ipV4() },
  { weight: 1, arbitrary: fc.constantFrom("", "1.2", "1.2.3", "null", "1.2.3.4 ", "1.2.3.4 # x") },
);
const plain = fc.dictionary(fc.stringMatching(/^[a-z](-?[a-z0-9]){0,6}$/), fc.ipV4(), {
  maxKeys: 6,
});
const addresses = fc.oneof(plain, fc.dictionary(name, address, { maxKeys: 6 }));
const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("store-1 1 AAAA=", "a 2 x+/", "0 1 b") },
  { weight: 1, arbitrary: fc.constantFrom("", " ", "x", "# a", "a 1 x ", "a\t1 x", "- 1 x: y") },
);
const block = fc
  .array(key, { maxLength: 4 })
  .map((lines) => lines.map((line) => `${line}\n`).join(""));
const sections = fc.record({
  tunnel: fc.record({ addresses, retired: addresses }),
  publicKeys: fc.record({ gateways: block, devices: block }),
});

const bodyOf = ({ tunnel, publicKeys }: { tunnel: object; publicKeys: object }) => ({
  lock: 1,
  pins: { tunnel: { addresses: { a: "1.2.3.4" } }, addresses: { b: "1.2.3.4" } },
  tunnel: { range: "100.64.0.0/16", ...tunnel },
  publicKeys: { rootCertificate: "BEGIN\nx\n", ...publicKeys },
});
const emptySections = {
  tunnel: { addresses: {}, retired: {} },
  publicKeys: { gateways: "", devices: "" },
};

describe("sections of a lock with a line for each device", () => {
  test("are written as the YAML library writes them, or not at all", () => {
    const short = stringify(bodyOf(emptySections), options);
    let written = 0;
    fc.assert(
      fc.property(sections, (values) => {
        const text = withLongSections(short, values);
        if (text === undefined) return;
        written += 1;
        expect(text).toBe(stringify(bodyOf(values), options));
      }),
      { numRuns: 500 },
    );
    expect(written).toBeGreaterThan(20);
  });

  test("are read as the YAML library reads them, or not at all, whatever line is changed", () => {
    let read = 0;
    const change = fc.constantFrom(
      (line: string) => line,
      (line: string) => `${line} # comment`,
      (line: string) => `${line}\r`,
      (line: string) => `${line}\n${line}`,
      (line: string) => `${line}\n`,
      (line: string) => `${line}\n    # comment`,
      (line: string) => `${line}\n  devices: |`,
      (line: string) => ` ${line}`,
      (line: string) => line.slice(1),
      (line: string) => line.replace(": ", ":  "),
      (line: string) => line.replace(":", ": !!str"),
      (line: string) => line.replace(":", ": &a"),
      (line: string) => line.replace("|", ">-"),
      (line: string) => `${line}\ntunnel:`,
      () => "",
    );
    fc.assert(
      fc.property(sections, fc.nat(), change, (values, at, edit) => {
        const lines = stringify(bodyOf(values), options).split("\n");
        const index = at % lines.length;
        const text = lines.with(index, edit(lines[index] ?? "")).join("\n");
        const short = withoutLongSections(text);
        if (short === undefined) return;
        // A text that is not YAML is not YAML without its long sections either.
        let whole: ReturnType<typeof bodyOf> | undefined;
        try {
          whole = parse(text, quiet);
        } catch {
          expect(() => parse(short.text, quiet)).toThrow();
          return;
        }
        read += 1;
        const rest = parse(short.text, quiet);
        const filled = { ...rest };
        for (const parent of ["tunnel", "publicKeys"] as const) {
          const own = short[parent];
          if (Object.keys(own).length > 0) filled[parent] = { ...rest[parent], ...own };
        }
        expect(filled).toEqual(whole);
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(200);
  });
});
