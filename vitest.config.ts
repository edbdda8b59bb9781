import { defineConfig } from "vitest/config";
import { skippedReporter } from "./test/skipped.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", skippedReporter()],
    unstubEnvs: true,
    setupFiles: ["test/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
