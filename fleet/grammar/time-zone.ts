/**
 * Names of time zones, as files of /usr/share/zoneinfo: a device's clock is a link to one.
 *
 * Intl knows today's names of all zones. It takes older names too, but in any case and with abbreviations of Java
 * (`europe/berlin`, `PST`), which are not files. So an older name must look like one of IANA's.
 */
import { closest, editDistance } from "../model/names.ts";
import { text } from "./value-schemas.ts";

/** Reading this list is ten times faster than the first format. */
let todaysNames: ReadonlySet<string> | undefined;

/** Names without a region, of tzdata's files `backward`, `etcetera`, `europe` and `northamerica`. */
const singleNames: ReadonlySet<string> = new Set(
  (
    "CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland " +
    "Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC " +
    "ROK Singapore Turkey UCT UTC Universal W-SU WET Zulu"
  ).split(" "),
);

/** Newer than Intl's names of these zones. */
const newerNames = [
  "Asia/Ho_Chi_Minh",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Asia/Yangon",
  "Europe/Kyiv",
];

const regions =
  "Africa America Antarctica Arctic Asia Atlantic Australia Brazil Canada Chile Etc Europe Indian Mexico Pacific US";
const olderName = new RegExp(
  `^(?:${regions.replaceAll(" ", "|")})(?:/(?:[A-Z][A-Za-z_-]*[a-z][A-Za-z_-]*|ACT|LHI|NSW|UCT|UTC|GMT(?:0|[-+]\\d+)?))+$`,
);

export const timeZone = text((value) => {
  todaysNames ??= new Set(Intl.supportedValuesOf("timeZone"));
  if (todaysNames.has(value) || singleNames.has(value)) return undefined;
  if (olderName.test(value) && isKnown(value)) return undefined;
  const meant = likelyName(value);
  const fix = meant === undefined ? "" : `Did you mean ${meant}? `;
  return `${JSON.stringify(value)} is not a valid time zone. ${fix}Write an IANA name, like America/New_York.`;
});

function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function likelyName(value: string): string | undefined {
  const offset = offsetName(value);
  if (offset !== undefined) return offset;
  const names = [...(todaysNames ?? []), ...newerNames, ...singleNames];
  const plain = (name: string) => name.toLowerCase().replaceAll(/[ _-]/g, "");
  const wanted = plain(value.trim());
  const whole = names.find((name) => plain(name) === wanted);
  const city = names.filter((name) => plain(name.split("/").at(-1) ?? "") === wanted);
  if (whole !== undefined || city.length > 0) return whole ?? city[0];
  // An older name in another case. Intl's abbreviations are those of Java: BST is Bangladesh's.
  if (value.includes("/") && isKnown(value)) {
    const { timeZone: meant } = new Intl.DateTimeFormat("en", {
      timeZone: value,
    }).resolvedOptions();
    return todaysNames?.has(meant) === true ? meant : undefined;
  }
  // No name has more than 40 letters, and the distance takes quadratic time.
  if (wanted.length < 4 || wanted.length > 40) return undefined;
  const near = closest(wanted, names.map(plain));
  // Short names of cities are all similar, so one slip must be enough.
  const slipsMax = Math.max(1, Math.floor(wanted.length / 5));
  return names.find(
    (name) =>
      plain(name) === near || editDistance(plain(name.split("/").at(-1) ?? ""), wanted) <= slipsMax,
  );
}

/** `UTC+2` is `Etc/GMT-2`: these names have the sign of POSIX. */
function offsetName(value: string): string | undefined {
  const [, sign, hours = ""] =
    /^(?:UTC|GMT)?\s*([-+])0?(\d{1,2})(?::?00)?$/i.exec(value.trim()) ?? [];
  if (sign === undefined || Number(hours) === 0) return undefined;
  const name = `Etc/GMT${sign === "+" ? "-" : "+"}${hours}`;
  return isKnown(name) ? name : undefined;
}
