/** The files under `certificateAuthorities`: PEM (RFC 7468) with certificates of authorities. */
import { X509Certificate } from "node:crypto";
import type { Mistake } from "../../grammar/mistakes.ts";
import { pem } from "../../keys/certificates/pem.ts";
import type { TrustedFile } from "../../model/proxy.ts";
import { inTextForm, type ReferencedFiles } from "../../model/referenced-files.ts";
import type { Inherited } from "./inherited.ts";

interface TrustedFiles {
  readonly files: readonly TrustedFile[];
  readonly mistakes: readonly Mistake[];
}

/** @param references undefined: no file is read, and there are none */
export function trustedFiles(
  { value, mistake }: Inherited<readonly string[]>,
  references: ReferencedFiles | undefined,
): TrustedFiles {
  const files: TrustedFile[] = [];
  const mistakes: Mistake[] = [];
  for (const [index, name] of value.entries()) {
    const shown = JSON.stringify(name);
    if (value.indexOf(name) !== index) {
      mistakes.push(mistake([index], `${shown} appears twice in this list. Delete one.`));
      continue;
    }
    if (references === undefined) continue;
    const found = inTextForm(name, references.read(name));
    if ("problem" in found) {
      mistakes.push(mistake([index], `${found.problem}: ${shown}. Write a PEM file.`));
      continue;
    }
    const { certificates, problems } = readCertificates(found.text);
    mistakes.push(...problems.map((problem) => ({ file: found.file, column: 1, ...problem })));
    if (certificates.length > 0) files.push({ name, pem: certificates.join("") });
    else if (problems.length === 0) {
      const message = `${shown} contains no certificate. Write a PEM file, with the line -----BEGIN CERTIFICATE-----.`;
      mistakes.push(mistake([index], message));
    }
  }
  return { files, mistakes };
}

/** What is wrong with a text that must have certificates of authorities; undefined for nothing. */
export function certificateProblem(text: string): string | undefined {
  const { certificates, problems } = readCertificates(text);
  const [problem] = problems;
  if (problem !== undefined || certificates.length > 0) return problem?.message;
  return "this text contains no certificate. Write PEM, with the line -----BEGIN CERTIFICATE-----.";
}

interface Problem {
  readonly line: number;
  readonly message: string;
}

/** Nobody reads more of one file. */
const problemsMax = 20;

/** The certificates, each once and in the usual form, and what is wrong at which line. */
function readCertificates(text: string): {
  readonly certificates: readonly string[];
  readonly problems: readonly Problem[];
} {
  const certificates = new Set<string>();
  const problems: Problem[] = [];
  for (const { label, line, body } of pemBlocks(text)) {
    const found = body === undefined ? notEnded(label) : authorityIn(label, body);
    if ("message" in found) problems.push({ line, message: found.message });
    else certificates.add(found.pem);
    if (problems.length === problemsMax) break;
  }
  return { certificates: [...certificates], problems };
}

interface PemBlock {
  readonly label: string;
  /** The number of its first line, from 1. */
  readonly line: number;
  /** Undefined if the block has no end. */
  readonly body: string | undefined;
}

/** Text between blocks is a comment. */
function* pemBlocks(text: string): Generator<PemBlock> {
  let open: { readonly label: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, written] of text.split("\n").entries()) {
    const line = written.trim();
    const [, begin] = /^-----BEGIN ([^-]{1,64})-----$/.exec(line) ?? [];
    if (begin !== undefined) {
      if (open !== undefined) yield { ...open, body: undefined };
      open = { label: begin, line: index + 1, lines: [] };
    } else if (open !== undefined && line === `-----END ${open.label}-----`) {
      yield { label: open.label, line: open.line, body: open.lines.join("") };
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  if (open !== undefined) yield { ...open, body: undefined };
}

const privateKey =
  "this is a private key. Remove it from this file and do not use it any more: the file is in Git. Write certificates only.";

function notEnded(label: string): { readonly message: string } {
  if (label.includes("PRIVATE KEY")) return { message: privateKey };
  return { message: `the line -----END ${label}----- is missing. Write the whole certificate.` };
}

function authorityIn(
  label: string,
  body: string,
): { readonly message: string } | { readonly pem: string } {
  if (label.includes("PRIVATE KEY")) return { message: privateKey };
  if (label !== "CERTIFICATE") {
    return { message: `found a ${label}, expected a CERTIFICATE. Write certificates only.` };
  }
  const der = /^[A-Za-z0-9+/]+={0,2}$/.test(body) ? Buffer.from(body, "base64") : undefined;
  const certificate = der && parsed(der);
  if (der === undefined || certificate === undefined) {
    return { message: "this is not a valid certificate. Export it again, in PEM." };
  }
  return certificate.ca
    ? { pem: pem("CERTIFICATE", der) }
    : {
        message: `the certificate of ${nameOf(certificate)} is not one of an authority (CA:TRUE is missing). Write the certificate of the authority that signs it.`,
      };
}

function parsed(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function nameOf({ subject }: X509Certificate): string {
  const [, name = subject] = /^CN=(.*)$/m.exec(subject) ?? [];
  return JSON.stringify(name.slice(0, 100));
}
