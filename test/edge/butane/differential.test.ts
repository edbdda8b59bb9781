/**
 * Our translator beside the real one, on configurations of chance: good ones, and ones with a value,
 * a line or a character changed. Output, report and exit code are to be the same.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { runButane } from "../../../cli/compat/butane/butane.ts";
import { peerPath } from "../../peers/peers.ts";
import { changedText, numbers, randomConfig } from "./random-config.ts";

const butane = peerPath("butane-0.29.0");
const cases = 300;

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function theirs(text: string): Outcome {
  const { status, stdout, stderr } = spawnSync(butane ?? "", [], { input: text, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

function ours(text: string): Outcome {
  let [out, err] = ["", ""];
  const session = {
    environment: { NO_COLOR: "1" },
    out: (part: string) => void (out += part),
    progress: (line: string) => void (err += `${line}\n`),
  };
  return { code: runButane([], session, () => Buffer.from(text)), out, err };
}

/** Unused keys of one object come in any order. */
function comparable({ err, ...rest }: Outcome): object {
  return { ...rest, err: err.trimEnd().split("\n\n").toSorted() };
}

describe.skipIf(butane === undefined)("butane 0.29.0 (needs the real tool)", () => {
  test(`agrees on ${cases} configurations`, { timeout: 120_000 }, () => {
    const random = numbers(29);
    let refused = 0;
    for (let index = 0; index < cases; index += 1) {
      const config = randomConfig(random);
      const text = index % 3 === 0 ? config : changedText(config, random);
      const expected = theirs(text);
      if (expected.code !== 0) refused += 1;
      expect({ text, ...comparable(ours(text)) }).toEqual({ text, ...comparable(expected) });
    }
    // Neither all good nor all bad, or the comparison says little.
    expect(refused).toBeGreaterThan(cases / 10);
    expect(refused).toBeLessThan((cases * 9) / 10);
  });
});
