// Preloaded into a measured process: at its end it says what the process used, all threads of it, and what
// the programs that it waited for used.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const file = process.env.FLOTILLA_BENCH_USAGE;
if (file !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
    const usage = { cpuSeconds, childSeconds: childSeconds(), peakKibibytes: peakKibibytes() };
    writeFileSync(file, JSON.stringify(usage));
  });
}

/** proc(5), status. The kernel's `maxRSS` starts with the peak of the process that started this one. */
function peakKibibytes() {
  if (!existsSync("/proc/self/status")) return process.resourceUsage().maxRSS;
  const [, text] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(text);
}

/** In ticks of 10 ms; proc(5), stat. */
function childSeconds() {
  if (!existsSync("/proc/self/stat")) return 0;
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
