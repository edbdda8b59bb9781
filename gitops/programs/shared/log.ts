/**
 * The log of a program: one line a message. Messages quote what devices and servers sent, so control
 * characters are escaped: a line break would start a line that looks like another device's.
 */

/** Longer messages are cut. */
const lengthMax = 2000;

/** C0, DEL, C1, line separators, characters without width or that change the direction. */
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** A message as it is safe in a log and a terminal. */
export function logLine(message: string): string {
  const line = message
    .slice(0, lengthMax)
    .replaceAll(unsafe, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return message.length > lengthMax ? `${line}…` : line;
}

export function logOut(message: string): void {
  console.log(logLine(message));
}

export function logError(message: string): void {
  console.error(logLine(message));
}

/** Node's own report of an uncaught error would print its message as it is. */
export function exitOnUncaught(): void {
  process.on("uncaughtException", (error: Error) => {
    logError(error.stack ?? String(error));
    process.exit(1);
  });
}
