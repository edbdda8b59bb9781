import fc from "fast-check";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatJson, print } from "../../../cli/terminal/session.ts";

const root = join(import.meta.dirname, "..", "..", "..");

function printed(text: string, isTTY: boolean): string {
  let out = "";
  const session = {
    environment: {},
    out: (part: string) => void (out += part),
    progress: () => undefined,
  };
  print({ ...session, stream: { isTTY } as unknown as typeof process.stdout }, text);
  return out;
}

test("results for people have no control character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, isTTY) => {
      expect(printed(text, isTTY)).not.toMatch(
        /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/,
      );
    }),
  );
});

test("only a terminal gets colours", () => {
  expect(printed("\u001b[31mred\u001b[2J", true)).toBe("\u001b[31mred\\u001b[2J");
  expect(printed("\u001b[31mred", false)).toBe("\\u001b[31mred");
});

test("JSON keeps its value", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(JSON.parse(printed(formatJson({ text }), false))).toEqual({ text });
    }),
  );
});

test("commands print; only these write data", () => {
  const files = execFileSync("git", ["grep", "-l", "session\\.out(", "--", "cli"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(files.trim().split("\n")).toEqual([
    "cli/commands/kubeconfig.ts",
    "cli/commands/schema.ts",
    "cli/compat/butane/butane.ts",
    "cli/compat/iso/streams.ts",
    "cli/hub/status/watch.ts",
    // Names that a shell can complete, and no others.
    "cli/main.ts",
    "cli/terminal/session.ts",
  ]);
});
