/** Fetches a base and prints its path; a test kills this process in the middle. */
import { readFileSync } from "node:fs";
import { fetchBase } from "../../../../cli/media/download/base.ts";
import type { TrustedKey } from "../../../../cli/media/download/keys.ts";

const [url = "", sha256 = "", folder = "", keyFile = ""] = process.argv.slice(2);
const key = JSON.parse(readFileSync(keyFile, "utf8")) as TrustedKey;
const path = await fetchBase(
  { url, sha256 },
  {
    folder,
    keys: [key],
    patience: { silenceMilliseconds: 20_000, retryDelaysMilliseconds: [] },
    session: { progress() {} },
  },
);
process.stdout.write(`${path}\n`);
