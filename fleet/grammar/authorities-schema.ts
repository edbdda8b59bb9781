/** The grammar of `certificateAuthorities`: certificates that devices of a site trust. */
import { z } from "zod";
import { text } from "./value-schemas.ts";

/** The path of a PEM file with certificates, which is read with the fleet file. */
export const certificateFile = text((value) => {
  const found = JSON.stringify(value);
  if (value.includes("-----BEGIN")) {
    return "this is the text of a certificate. Write it to a file, and write the path of the file here, like company-ca.pem.";
  }
  if (value.trim() === "") return "this path is empty. Write one like company-ca.pem.";
  if (/^([/\\~]|[A-Za-z]:)/.test(value)) {
    return `${found} is an absolute path. Write a path below this file's folder, like company-ca.pem.`;
  }
  return leavesFolder(value)
    ? `${found} leads out of this file's folder. Copy the file into it, and write a path like company-ca.pem.`
    : undefined;
});

function leavesFolder(value: string): boolean {
  let depth = 0;
  for (const part of value.split(/[/\\]/)) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

export const certificateAuthorities = z
  .array(certificateFile)
  .min(1, { error: "this list is empty. Write at least one file, or omit the key." })
  .max(20)
  .nullish()
  .describe(
    "PEM files with certificates of authorities that devices also trust, like the one of a proxy that inspects TLS. Paths are relative to this file's folder. Ignition uses them from its first download on.",
  );
