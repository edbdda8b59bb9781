/** Fetches a base and prints its path; a test kills this process in the middle. */
import { readFileSync } from "node:fs";
import { fetchIso } from "../../../../cli/media/download/iso-download.ts";
import type { TrustedKey } from "../../../../cli/media/download/fedora-keys.ts";

const [url = "", sha256 = "", folder = "", keyFile = ""] = process.argv.slice(2);
const key = JSON.parse(readFileSync(keyFile, "utf8")) as TrustedKey;
const path = await fetchIso(
  { url, sha256 },
  {
    folder,
    keys: [key],
    patience: { silenceMilliseconds: 20_000, retryDelaysMilliseconds: [] },
    session: { progress() {} },
  },
);
process.stdout.write(`${path}\n`);
