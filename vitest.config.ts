import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { skippedReporter } from "./test/skipped.ts";
import { SlowFirst } from "./test/slow-first.ts";

const isolated = "test/**/*-isolated.test.ts";

export default defineConfig({
  test: {
    reporters: ["default", skippedReporter()],
    unstubEnvs: true,
    globalSetup: ["test/global-setup.ts"],
    setupFiles: ["test/setup.ts"],
    // Node itself runs the bundles of own code, as outside tests: Vite would look for their sources.
    server: { deps: { external: [/\/flotilla-owncode\./] } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Much of a test's time is waiting for a real tool.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SlowFirst },
    // Loading the modules again for each file costs more than the tests: files that run one after another
    // in a process share them. A file that replaces modules, or needs them in their first state, does not.
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: [isolated],
          isolate: false,
        },
      },
      { extends: true, test: { name: "isolated", include: [isolated] } },
    ],
  },
});
