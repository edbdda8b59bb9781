/**
 * Notices the state repository of another fleet, a lock that was lost and made again, and another root key:
 * every registration in the repository says which fleet and tunnel address its device has, and which key it
 * trusts.
 */
import { X509Certificate } from "node:crypto";
import { shellWord } from "../../fleet/model/shell-word.ts";
import { fleetOfServerName } from "../../fleet/model/names.ts";
import { counted, rangesOf } from "./wording.ts";
import { deviceOf, differencesOf, type Difference } from "./registration-differences.ts";
import type { FileChange } from "./object-changes.ts";

/**
 * Why these changes can't be meant, and what to do; undefined if they can.
 *
 * @param files of the state repository that differ
 * @param fleet its name
 * @param lockFile its path, for the message
 */
export function lostLockProblem(
  files: readonly FileChange[],
  fleet: string,
  lockFile: string,
): string | undefined {
  const differences = differencesOf(files.filter(({ path }) => deviceOf(path) !== undefined));
  const foreign = otherFleet(differences, fleet);
  if (foreign !== undefined) return foreign;
  const others = differences.filter(hasOtherKey);
  if (others.length > 0) {
    return (
      `${namesOf(others)} in the state repository trust another root key than this fleet's. ` +
      `Restore the root key and ${lockFile} that the devices were made with. If they are lost, ` +
      "every device needs a new image: publish with --force"
    );
  }
  const moved = differences.filter(hasOtherAddress);
  const [first] = moved;
  if (first === undefined) return undefined;
  const { device, before, after } = first;
  const example = `${device} has ${factOf(before, "address")}, and the lock says ${factOf(after, "address")}`;
  return (
    `${namesOf(moved)} in the state repository ${moved.length === 1 ? "has" : "have"} another ` +
    `tunnel address than in ${lockFile} (${example}). Was the lock lost and made again? Restore it: ` +
    `git checkout ${shellWord(lockFile)}, or from its history. To move a device, raise its generation; ` +
    "to move all, publish with --force"
  );
}

/** A publish would remove or replace every device of the other fleet. */
function otherFleet(differences: readonly Difference[], fleet: string): string | undefined {
  const fleetOf = ({ before }: Difference) =>
    fleetOfServerName(String(factOf(before, "serverName")));
  const foreign = differences.filter((each) => (fleetOf(each) ?? fleet) !== fleet);
  const [first] = foreign;
  if (first === undefined) return undefined;
  const other = fleetOf(first);
  return (
    `the state repository has the fleet ${other}: ${namesOf(foreign)}. This is ${fleet}. Give ` +
    `it its own repository or branch: repository in the fleet file. To replace ${other} by ${fleet}, ` +
    `when the devices of ${other} are gone, publish with --force`
  );
}

function namesOf(differences: readonly Difference[]): string {
  const ranges = rangesOf(differences.map(({ device }) => device));
  const shown = ranges.slice(0, 5).join(", ");
  const count = counted(differences.length, "device");
  return `${count} (${shown}${ranges.length > 5 ? ", …" : ""})`;
}

const factOf = (side: Difference["before"], name: string) => side?.facts[name];

/** Whether a device keeps its tunnel and its generation, and not its address. */
function hasOtherAddress({ before, after }: Difference): boolean {
  if (before === undefined || after === undefined) return false;
  const isTunnel = [before, after].every((side) => factOf(side, "connectivity") === "gateway");
  const isNew = factOf(before, "generation") !== factOf(after, "generation");
  return isTunnel && !isNew && factOf(before, "address") !== factOf(after, "address");
}

/** Whether no key of the certificates that the hub trusts for the device stays. */
function hasOtherKey({ before, after }: Difference): boolean {
  if (before === undefined || after === undefined) return false;
  const [old, next] = [before, after].map((side) => keysOf(side.facts["rootCertificate"]));
  if (old === undefined || next === undefined || old.size === 0) return false;
  return [...next].every((key) => !old.has(key));
}

/** The public keys of certificates in PEM, in base64. */
function keysOf(certificates: unknown): ReadonlySet<string> {
  const text = Buffer.from(String(certificates ?? ""), "base64").toString("latin1");
  const all = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return new Set(
    all.flatMap((each) => {
      try {
        const { publicKey } = new X509Certificate(each);
        return [publicKey.export({ type: "spki", format: "der" }).toString("base64")];
      } catch {
        // Edited by hand.
        return [];
      }
    }),
  );
}
