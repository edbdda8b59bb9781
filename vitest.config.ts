import { defineConfig } from "vitest/config";
import { skippedReporter } from "./test/skipped.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", skippedReporter()],
    unstubEnvs: true,
    setupFiles: ["test/setup.ts"],
    // Node itself runs the bundles of own code, as outside of tests: Vite would look for their sources.
    server: { deps: { external: [/\/flotilla-owncode\./] } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
