/** The log keeper: one run, every ten minutes as a CronJob beside Elasticsearch. */
import { setTimeout as sleep } from "node:timers/promises";
import { exchange, type Answer } from "../shared/exchange.ts";
import { parseJson } from "../shared/json.ts";
import { exitOnUncaught, logOut } from "../shared/log.ts";
import { textOf } from "../shared/text.ts";
import { diskShare, makeRoom, setStreams, type Ask } from "./log-keeper.ts";
import type { LogKeeperSettings } from "./settings.ts";

const { SERVER = "", NAME = "", PASSWORD = "", SETTINGS = "" } = process.env;
const settings = JSON.parse(SETTINGS) as LogKeeperSettings;
const login = Buffer.from(`${NAME}:${PASSWORD}`).toString("base64");
const answerMilliseconds = 30_000;
/**
 * A new pod is refused for some seconds, until the cluster's network knows that a policy allows it the
 * connection. Counted from the start of the process.
 */
const refusedMilliseconds = 60_000;
const quotedBytesMax = 1000;
const answerLimits = { valuesMax: 100_000, depthMax: 64 };

/** The answer to what `send` sends; it sends again while the connection is refused. */
async function whenOpen(send: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      const isRefused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
      if (!isRefused || performance.now() > refusedMilliseconds) throw error;
    }
    await sleep(1_000);
  }
}

const ask: Ask = async (method, path, content) => {
  const send = () =>
    exchange(SERVER + path, {
      method,
      headers: { authorization: `Basic ${login}`, "content-type": "application/json" },
      ...(content !== undefined && { body: JSON.stringify(content) }),
      signal: AbortSignal.timeout(answerMilliseconds),
    });
  const { status, body } = await whenOpen(send);
  if (status === 404) return undefined;
  if (status < 200 || status >= 300)
    throw new Error(`${method} ${path}: ${status} ${textOf(body.subarray(0, quotedBytesMax))}`);
  return parseJson(body, answerLimits);
};

exitOnUncaught();
await setStreams(ask, settings);
const share = await diskShare(ask);
if (share > settings.diskShareMax) {
  await makeRoom(ask, share, settings, logOut);
}
