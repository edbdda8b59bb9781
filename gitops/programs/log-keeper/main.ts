/** The log keeper: one run, every ten minutes as a CronJob beside Elasticsearch. */
import { exchange } from "../shared/exchange.ts";
import { parseJson } from "../shared/json.ts";
import { exitOnUncaught, logOut } from "../shared/log.ts";
import { textOf } from "../shared/text.ts";
import { diskShare, makeRoom, setStreams, type Ask } from "./log-keeper.ts";
import type { LogKeeperSettings } from "./settings.ts";

const { SERVER = "", NAME = "", PASSWORD = "", SETTINGS = "" } = process.env;
const settings = JSON.parse(SETTINGS) as LogKeeperSettings;
const login = Buffer.from(`${NAME}:${PASSWORD}`).toString("base64");
const answerMilliseconds = 30_000;
const quotedBytesMax = 1000;
const answerLimits = { valuesMax: 100_000, depthMax: 64 };

const ask: Ask = async (method, path, content) => {
  const { status, body } = await exchange(SERVER + path, {
    method,
    headers: { authorization: `Basic ${login}`, "content-type": "application/json" },
    ...(content !== undefined && { body: JSON.stringify(content) }),
    signal: AbortSignal.timeout(answerMilliseconds),
  });
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
