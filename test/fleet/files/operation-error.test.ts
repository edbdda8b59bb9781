import { expect, test } from "vitest";
import {
  OperationError,
  outputLines,
  programFailure,
  systemFailure,
} from "../../../fleet/files/operation-error.ts";

const name = "x\nflotilla: done\r\t";
const shown = String.raw`x\nflotilla: done\r\t`;

test("a name from outside can't add a line to a message or to its details", () => {
  const error = new OperationError(`${name}: broken`, { details: [`  found ${name}`] });
  expect(error.message).toBe(`${shown}: broken\n  found ${shown}`);
  const missing = Object.assign(new Error("ENOENT"), { code: "ENOENT", path: name });
  expect(systemFailure(missing)?.message).toBe(`${shown}: no such file or folder; check the path`);
});

test("each line of another program is a detail", () => {
  expect(outputLines("a\r\nb\n")).toEqual(["  a", "  b"]);
  expect(programFailure("git failed", "why\nflotilla: done\n").message).toBe(
    "git failed: why\n  flotilla: done",
  );
  expect(programFailure("git failed", "").message).toBe("git failed: ");
});

test("an answer of a server is quoted in part", () => {
  const error = new OperationError(`found "${"x".repeat(1e6)}". Try again`);
  expect(error.message).toBe(`found "${"x".repeat(100)}…" (1000000 characters). Try again`);
});
