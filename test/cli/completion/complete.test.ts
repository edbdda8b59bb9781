/** What shells complete: the words, from the real bash too, and from zsh and fish where they are. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { completionScripts } from "../../../cli/completion/scripts.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const fleet = `rings: [canary, stable]
sites: { boston: {}, "$(touch evil)": {}, gulf: {} }
profiles: { mini-pc: {} }
devices:
  store-{01..03}: { site: boston }
  kiosk: { site: gulf }
  "bad; name": {}
  broken-{9..1}: {}
workloads:
  till: { versions: { canary: 1.0.0 } }
  "a b": {}
`;

function project(text = fleet): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "fleet.yaml"), text);
  mkdirSync(join(folder, "environments"));
  writeFileSync(join(folder, "environments", "staging.yaml"), "sites: { lab: {} }\n");
  return folder;
}

async function words(folder: string, ...line: string[]): Promise<string[]> {
  const { code, out, err } = await flotilla(folder, ["complete", "--", ...line]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out.split("\n").flatMap((each) => each.split("\t")[0] || []);
}

const stores = ["store-01", "store-02", "store-03"];

describe("suggestions", () => {
  test.each<[string[], string[]]>([
    [["pro"], ["promote"]],
    [["complet"], ["completion"]],
    [["help", "roll"], ["rollback"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [
      ["show", ""],
      [...stores, "kiosk"],
    ],
    [["--fleet", "fleet.yaml", "show", "s"], stores],
    [["--json", "show", "s"], stores],
    [["show", "store-01", ""], []],
    [["kubeconfig", "store-01", "store-0"], stores],
    [["promote", ""], ["till"]],
    [
      ["promote", "till", "--from", ""],
      ["canary", "stable"],
    ],
    [["promote", "till", "--from=c"], ["--from=canary"]],
    [["promote", "till", "--from", "=", "c"], ["canary"]],
    [
      ["promote", "till", "--from", "="],
      ["canary", "stable"],
    ],
    [
      ["status", "--site", ""],
      ["boston", "gulf"],
    ],
    [
      ["--environment", "staging", "status", "--site", ""],
      ["boston", "gulf", "lab"],
    ],
    [["--environment", ""], ["staging"]],
    [["promote", "--no-c"], ["--no-commit"]],
    [["promote", "--", "--no-c"], []],
    [["unknown", ""], []],
    [["butane", ""], []],
    [[], ["init"]],
  ])("%j", async (line, expected) => {
    const found = await words(project(), ...line);
    if (line.length === 0) expect(found).toContain("init");
    else expect(found).toEqual(expected);
  });

  test.each(["", "devices: [", "devices: 5", "- a", "devices: { a: *x }", "!!js/x y"])(
    "a fleet file like %j completes nothing, without a word",
    async (text) => expect(await words(project(text), "show", "")).toEqual([]),
  );

  test("without a fleet file there are no names", async () => {
    expect(await words(temporaryFolder(), "show", "")).toEqual([]);
  });

  test("the fleet file is found from a folder below", async () => {
    const below = join(project(), "environments");
    expect(await words(below, "show", "k")).toEqual(["kiosk"]);
  });
});

/** A `flotilla` on the path of shells that answers as the program does. */
function withProgram(folder: string): NodeJS.ProcessEnv {
  const program = join(import.meta.dirname, "..", "..", "..", "cli", "flotilla.mjs");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  writeFileSync(join(bin, "flotilla"), script, { mode: 0o755 });
  return { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
}

test("bash completes by the script", { timeout: 60_000 }, () => {
  const folder = project();
  const env = withProgram(folder);
  const ask = (...line: string[]) =>
    execFileSync(
      "bash",
      [
        "--norc",
        "-euc",
        `source <(flotilla completion bash); complete -p flotilla
         COMP_WORDS=(flotilla "$@"); COMP_CWORD=$#; _flotilla; printf '%s\\n' "\${COMPREPLY[@]}"`,
        "bash",
        ...line,
      ],
      { cwd: folder, env, encoding: "utf8" },
    )
      .trim()
      .split("\n");
  const registered = "complete -o default -F _flotilla flotilla";
  expect(ask("show", "store-0")).toEqual([registered, ...stores]);
  expect(ask("promote", "till", "--to", "")).toEqual([registered, "canary", "stable"]);
  expect(ask("nothing", "")).toEqual([registered]);
});

test.each(["zsh", "fish"] as const)("%s accepts the script, if it is installed", (shell) => {
  // From a file: fish reads no script from a socket, which standard input of a child is.
  const script = join(temporaryFolder(), "script");
  writeFileSync(script, completionScripts[shell]);
  const found = spawnSync(shell, ["-n", script], { encoding: "utf8" });
  if (found.error) return console.warn(`${shell} is not installed: its script was not read`);
  expect(found).toMatchObject({ status: 0, stderr: "" });
});
