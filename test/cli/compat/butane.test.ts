/** `flotilla butane` in place of `butane`: arguments, output, report texts, exit codes. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, onTestFinished } from "vitest";
import { runButane } from "../../../cli/compat/butane/butane.ts";
import { families, vectorsOf, differences, writeVectorFiles } from "../../edge/butane/vectors.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], input: string): Run {
  let [out, err] = ["", ""];
  const session = {
    environment: { NO_COLOR: "1" },
    out: (text: string) => void (out += text),
    progress: (line: string) => void (err += `${line}\n`),
  };
  return { code: runButane(args, session, () => Buffer.from(input)), out, err };
}

const good = "variant: fcos\nversion: 1.5.0\n";
const ignition = '{"ignition":{"version":"3.4.0"}}\n';
const unused = `${good}x y: 1\n`;

describe("the arguments of butane", () => {
  test.each([
    [[], ignition],
    [["--pretty"], '{\n  "ignition": {\n    "version": "3.4.0"\n  }\n}\n'],
    [["-sp", "--raw"], '{\n  "ignition": {\n    "version": "3.4.0"\n  }\n}\n'],
    [["--check"], ""],
    [["-cs"], ""],
    [["--pretty=false"], ignition],
    [["--version"], "Butane v0.29.0\n"],
  ])("%j", (args, out) => {
    expect(run(args, good)).toEqual({ code: 0, out, err: "" });
  });

  test("show the options", () => {
    const { code, out } = run(["-h"], "");
    expect(code).toBe(0);
    expect(out).toContain("Usage: flotilla butane [options] [input-file]\nOptions:\n");
    expect(out).toContain(
      "  -d, --files-dir string          allow embedding local files from this",
    );
    expect(out).toContain('      --color string[="always"]   control color output');
  });

  test.each([
    [["--nope"], "unknown flag: --nope"],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["-pd"], "flag needs an argument: 'd' in -d"],
    [["--output"], "flag needs an argument: --output"],
    [["a", "b"], "Usage: "],
  ])("%j are wrong", (args, message) => {
    const { code, out, err } = run(args, good);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err.startsWith(message)).toBe(true);
    expect(err).toContain("-s, --strict ");
  });

  test("name files", () => {
    const folder = temporaryFolder();
    const input = join(folder, "a.bu");
    writeFileSync(input, `${good}systemd: {units: [{name: a.service, contents_local: unit}]}\n`);
    writeFileSync(join(folder, "unit"), "[Unit]\n");
    const output = join(folder, "a.ign");
    expect(run([input, "-d", folder, `--output=${output}`], "")).toEqual({
      code: 0,
      out: "",
      err: "",
    });
    expect(readFileSync(output, "utf8")).toContain('"contents":"[Unit]\\n"');
    expect(statSync(output).mode & 0o777).toBe(0o600);
    const missing = join(folder, "missing");
    const err = `failed to open ${missing}: open ${missing}: no such file or directory\n`;
    expect(run([missing], "")).toEqual({ code: 1, out: "", err });
  });

  test("name the output that cannot be written", () => {
    const absent = join(temporaryFolder(), "none", "a.ign");
    const opened = `failed to open ${absent}: open ${absent}: no such file or directory\n`;
    expect(run(["-o", absent], good)).toEqual({ code: 1, out: "", err: opened });
    const full = "/dev/full";
    const written = `Failed to write config to ${full}: write ${full}: no space left on device\n`;
    expect(run(["-o", full], good)).toEqual({ code: 1, out: "", err: written });
  });

  test("name an output that exists, and keeps its mode", () => {
    const output = join(temporaryFolder(), "a.ign");
    writeFileSync(output, "", { mode: 0o644 });
    expect(run(["-o", output], good)).toEqual({ code: 0, out: "", err: "" });
    expect(readFileSync(output, "utf8")).toBe(ignition);
    expect(statSync(output).mode & 0o777).toBe(0o644);
  });
});

describe("the report", () => {
  const shown = `warning[$.x y]:
  --> <stdin>:3:1
   |
 1 | variant: fcos
 2 | version: 1.5.0
 3 | x y: 1
   | ^ unused key x y
 4 | 
   |
`;

  test("shows the lines around each place", () => {
    expect(run([], unused)).toEqual({ code: 0, out: ignition, err: shown });
  });

  test("fails with --strict", () => {
    const err = `${shown}Config produced warnings and --strict was specified\n`;
    expect(run(["--strict"], unused)).toEqual({ code: 1, out: "", err });
  });

  test("is one line with --raw-errors", () => {
    const err = "warning at $.x y, line 3 col 1: unused key x y\n";
    expect(run(["--raw-errors"], unused)).toMatchObject({ code: 0, err });
  });

  test("has colours where they are asked for", () => {
    const { err } = run(["--color"], unused);
    expect(err).toContain(
      "\u001b[1;33mwarning\u001b[0m[$.x y]:\n  \u001b[1;34m-->\u001b[0m <stdin>",
    );
    expect(err).toContain("   | \u001b[1;34m^\u001b[0m unused key x y\n");
  });
});

test("is a command of flotilla, with its own --version", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.bu"), good);
  expect(await flotilla(folder, ["butane", "a.bu"])).toEqual({ code: 0, out: ignition, err: "" });
  const version = await flotilla(folder, ["butane", "--version"]);
  expect(version).toEqual({ code: 0, out: "Butane v0.29.0\n", err: "" });
  expect(await flotilla(folder, ["butane", "--strict", "b.bu"])).toMatchObject({ code: 1 });
  expect(await flotilla(folder, ["butane", "--nope"])).toMatchObject({ code: 2 });
});

describe.skipIf(families.length === 0)("recorded runs of butane (need the vectors)", () => {
  test("end with the same exit code and the same text on standard error", () => {
    const folder = temporaryFolder();
    writeVectorFiles(folder);
    const home = process.cwd();
    process.chdir(folder);
    onTestFinished(() => process.chdir(home));
    for (const vector of families.flatMap(vectorsOf)) {
      if (differences.has(vector.name) || vector.reportOrder === "unstable") continue;
      const { exitCode, stderr, args } = vector.cli;
      const { code, out, err } = run(args, vector.input);
      const expected = { name: vector.name, code: exitCode, err: stderr };
      if (code !== exitCode || err !== stderr) {
        expect({ name: vector.name, code, err }).toEqual(expected);
      }
      expect(out === "", vector.name).toBe(exitCode !== 0);
    }
  });
});
