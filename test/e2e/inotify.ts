/** The kernel's limit on inotify instances: without one more, a kubelet starts, fails later, and waits without a word. */
import { readFileSync, writeFileSync } from "node:fs";

const limitFile = "/proc/sys/fs/inotify/max_user_instances";

/** A run takes 45 of them; Linux gives 128 to all processes of a user. */
const instancesMin = 1_024;

/** Raises the limit until the machine's next start. @returns what was changed, for people; undefined if it is enough */
export function allowInotify(file = limitFile): string | undefined {
  const limit = Number(readFileSync(file, "utf8"));
  if (limit >= instancesMin) return undefined;
  writeFileSync(file, String(instancesMin));
  return `fs.inotify.max_user_instances raised from ${limit} to ${instancesMin}, until this machine restarts`;
}
