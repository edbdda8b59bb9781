// Preloaded into a measured process: at its end it says what the process used, all threads of it, and what
// the programs that it waited for used.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const file = process.env.FLOTILLA_BENCH_USAGE;
if (file !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
    writeFileSync(file, JSON.stringify({ cpuSeconds, childSeconds: childSeconds(), maxRSS }));
  });
}

/** In ticks of 10 ms; proc(5), stat. */
function childSeconds() {
  if (!existsSync("/proc/self/stat")) return 0;
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
