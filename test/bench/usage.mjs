// Preloaded into a measured process: at its end it says what the process used, all threads of it.
import { writeFileSync } from "node:fs";

const file = process.env.FLOTILLA_BENCH_USAGE;
if (file !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(
      file,
      JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, maxRSS }),
    );
  });
}
