/** Runs the command line inside of the test's process. */
import { main } from "../../cli/main.ts";

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What `flotilla <args>` does in `folder`. */
export async function flotilla(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  let out = "";
  let err = "";
  const home = process.cwd();
  process.chdir(folder);
  try {
    const code = await main(args, {
      environment,
      out: (text) => void (out += text),
      progress: (text) => void (err += `${text}\n`),
    });
    return { code, out, err };
  } finally {
    process.chdir(home);
  }
}
