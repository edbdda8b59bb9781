/** What shells complete: the words, from the real bash, zsh and fish too. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
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
    [["image", "kiosk", "store-0"], stores],
    [["status", "k"], ["kiosk"]],
    [["revoke", "--site", "gulf", "k"], ["kiosk"]],
    [["pxe", "k"], ["kiosk"]],
    [["flash", "k"], ["kiosk"]],
    [
      ["flash", "--site", ""],
      ["boston", "gulf"],
    ],
    [["match", "k"], ["kiosk"]],
    [["match", "kiosk", "--asset"], ["--asset-tag"]],
    [["match", "kiosk", "--mac", "52:54:00:12:34:56", "--ser"], ["--serial"]],
    [["match", "--serial", "A1", "k"], ["kiosk"]],
    [["plan", "--between", "sta"], ["staging"]],
    [["plan", "--between", "staging", "sta"], ["staging"]],
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

/** What each shell says to the same lines: names in their order, words with what they are, files. */
const shellLines = [
  ["show store-0", stores],
  ["promote till --to ", ["canary", "stable"]],
  ["promote till --to=c", ["--to=canary"]],
  ["roll", ["rollback"]],
  ["pu", ["publish"]],
  ["p", ["pin", "plan", "promote", "publish", "pxe"]],
  ["image --base fl", ["fleet.yaml"]],
  ["nothing b", ["bin/"]],
] as const;

const isMissing = (shell: string) => spawnSync(shell, ["--version"]).error !== undefined;

test.skipIf(isMissing("fish"))(
  "fish completes by the script (skipped without fish)",
  { timeout: 60_000 },
  () => {
    const folder = project();
    const env = { ...withProgram(folder), HOME: folder };
    for (const [line, expected] of shellLines) {
      const script = `flotilla completion fish | source; complete --do-complete "flotilla ${line}"`;
      const run = spawnSync("fish", ["--no-config", "--command", script], {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      const found = run.stdout.split("\n").flatMap((each) => each.split("\t")[0] || []);
      expect([line, run.stderr, found]).toEqual([line, "", expected]);
    }
  },
);

/** A zsh at a terminal of its own, and what it offers after a Tab on a line. */
const zshScript = `
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell 'PS1=; unset zle_bracketed_paste; autoload -Uz compinit && compinit -u -D
  source <(flotilla completion zsh); typeset -ga found
  compadd() { local -a all; builtin compadd -O all "$@"; found+=($all); builtin compadd "$@" }
  write() { print -rl -- $found >offered.tmp; mv offered.tmp offered }
  comppostfuncs=(write); echo re"ad"y'
zpty -r shell text '*ready*'
zpty -w -n shell "$1"$'\\t'
while [[ ! -e offered ]]; do zpty -r -t shell text; sleep 0.05; done
cat offered; rm offered
`;

test.skipIf(isMissing("zsh"))(
  "zsh completes by the script (skipped without zsh)",
  { timeout: 60_000 },
  () => {
    const folder = project();
    const env = { ...withProgram(folder), HOME: folder, TERM: "dumb" };
    for (const [line, expected] of shellLines) {
      const args = ["-f", "-c", zshScript, "zsh", `flotilla ${line}`];
      const text = execFileSync("zsh", args, { cwd: folder, env, encoding: "utf8" });
      // _describe and _files add the same words more than once, and each kind of them in its turn.
      const found = [...new Set(text.split("\n").filter(Boolean))];
      const offered = expected.map((word) => word.replace(/\/$/, ""));
      const inOrder = line === "p" ? found.toSorted() : found;
      expect([line, inOrder]).toEqual([line, offered]);
    }
  },
);

/** Each Tab of `menucomplete` puts the next word of the list into the line: in the order of the list. */
const zshMenuScript = `
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell 'PS1=; unset zle_bracketed_paste; autoload -Uz compinit && compinit -u -D
  source <(flotilla completion zsh); setopt menucomplete
  zle-line-pre-redraw() { print -r -- $BUFFER >>typed }; zle -N zle-line-pre-redraw; echo re"ad"y'
zpty -r shell text '*ready*'
zpty -w -n shell "$1"
last() { tail -n 1 typed 2>/dev/null }
changed() { for i in {1..200}; do zpty -r -t shell text; [[ "$(last)" != "$1" ]] && return; sleep 0.05; done }
for i in {1..200}; do [[ "$(last)" = "$1" ]] && break; zpty -r -t shell text; sleep 0.05; done
repeat $2; do before="$(last)"; zpty -w -n shell $'\\t'; changed "$before"; last; done
rm typed
`;

test.skipIf(isMissing("zsh"))(
  "zsh lists names in their order (skipped without zsh)",
  { timeout: 60_000 },
  () => {
    const folder = project();
    const env = { ...withProgram(folder), HOME: folder, TERM: "dumb" };
    for (const [line, expected] of shellLines.slice(0, 2)) {
      const args = ["-f", "-c", zshMenuScript, "zsh", `flotilla ${line}`, String(expected.length)];
      const text = execFileSync("zsh", args, { cwd: folder, env, encoding: "utf8" });
      const listed = text.split("\n").flatMap((each) => each.trim().split(" ").at(-1) || []);
      expect([line, listed]).toEqual([line, expected]);
    }
  },
);
