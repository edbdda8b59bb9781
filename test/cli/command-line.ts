/** Runs the command line inside the test's process. */
import { main } from "../../cli/main.ts";
import type { Session } from "../../cli/terminal/session.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * What `flotilla <args>` does in `folder`.
 *
 * @param terminal what the session has besides text
 */
export async function flotilla(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  terminal: Pick<Session, "redraw" | "ask" | "stream"> = {},
): Promise<Run> {
  let out = "";
  let err = "";
  const home = process.cwd();
  process.chdir(folder);
  try {
    const code = await main(args, {
      ...terminal,
      environment,
      out: (text) => void (out += text),
      progress: (text) => void (err += `${text}\n`),
    });
    return { code, out, err };
  } finally {
    process.chdir(home);
  }
}
