/**
 * YAML tags, as butane 0.29.0 reads them: what it prints for each text is recorded, and compared with
 * the real one where it is installed.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { runButane } from "../../../cli/compat/butane/butane.ts";
import { peerPath } from "../../peers/peers.ts";
import recorded from "./yaml-tags.json" with { type: "json" };

const butane = peerPath("butane-0.29.0");

function ours(text: string): readonly [string, string] {
  let [out, err] = ["", ""];
  const session = {
    environment: { NO_COLOR: "1" },
    out: (part: string) => void (out += part),
    progress: (line: string) => void (err += `${line}\n`),
  };
  runButane([], session, () => Buffer.from(text));
  return [out.trim(), err.trim()];
}

const head = "variant: fcos\nversion: 1.5.0\n";
const whole = (body: string) => (body.includes("variant") ? body : head + body);

describe.each(recorded as unknown as readonly (readonly [string, string, string])[])(
  "%j",
  (body, out, err) => {
    test("as butane", () => {
      expect(ours(whole(body))).toEqual([out, err]);
    });

    test.skipIf(butane === undefined)("as recorded (needs the real butane 0.29.0)", () => {
      const { stdout, stderr } = spawnSync(butane ?? "", [], {
        input: whole(body),
        encoding: "utf8",
      });
      expect([stdout.trim(), stderr.trim()]).toEqual([out, err]);
    });
  },
);
