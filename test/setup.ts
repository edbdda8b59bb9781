/** What is done before each file of tests. */
import fc from "fast-check";
import { vi } from "vitest";
import { forgetSecrets } from "../cli/terminal/known-secrets.ts";

// What a file of tests that ran before in this process left. Its secrets would be masked here; what its last test
// replaced would stay until the first test begins, while this file is read.
forgetSecrets();
vi.unstubAllEnvs();
vi.restoreAllMocks();
vi.useRealTimers();

// The same cases on every run: a failure that CI saw is there on every machine.
fc.configureGlobal({ seed: 20200914 });

// esbuild starts its program in the folder in which it is first loaded; tests remove theirs.
await import("esbuild");
