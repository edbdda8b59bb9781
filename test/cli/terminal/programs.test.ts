import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { objectIn } from "../../../cli/terminal/programs.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

test.each(["", "null", "1", '"text"', "<html>", "config view", '{"a":'])(
  "%j is not an object, and is not repeated",
  (text) => {
    expect(() => objectIn("kubectl version", text)).toThrow(
      /^kubectl version did not print a JSON object\. Run it yourself to see what it prints; is it the right program\?$/,
    );
  },
);

test.each([["status"], ["promote", "point-of-sale"]])(
  "%s with another program as kubectl",
  async (...args) => {
    const folder = temporaryFolder();
    await flotilla(folder, ["init", "--yes"]);
    const kubectl = join(folder, "program");
    writeFileSync(kubectl, "#!/bin/sh\necho hello\n", { mode: 0o755 });
    const { code, err } = await flotilla(folder, args, { KUBECTL: kubectl });
    expect([code, err]).toEqual([1, expect.stringContaining("did not print a JSON object")]);
    expect(err).not.toContain("bug");
  },
);
