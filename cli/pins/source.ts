/** Texts of the servers that say what versions there are. */
import { OperationError } from "../../fleet/files/operation-error.ts";
import {
  getReply,
  Interruption,
  type Patience,
  type SmallReply,
} from "../media/download/transfer.ts";

/** How `flotilla pin` asks. */
export interface Asking {
  readonly patience: Patience;
  /** Called with each retry and redirect. */
  readonly say: (text: string) => void;
}

/** @throws OperationError if no server answers */
export async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  sizeMax: number,
  { patience, say }: Asking,
): Promise<SmallReply> {
  try {
    return await getReply(url, headers, sizeMax, patience, say);
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    throw new OperationError(error.message, { cause: error });
  }
}

/**
 * A file as text.
 *
 * @param what the file is, for messages: `K3s' list of channels`
 * @throws OperationError if there is none, or a web page instead
 */
export async function textAt(
  url: string,
  what: string,
  sizeMax: number,
  asking: Asking,
): Promise<string> {
  return (await bytesAt(url, what, sizeMax, asking)).toString("utf8");
}

/** As `textAt`, for a file that is not text. */
export async function bytesAt(
  url: string,
  what: string,
  sizeMax: number,
  asking: Asking,
): Promise<Buffer> {
  const { status, bytes } = await ask(url, {}, sizeMax, asking);
  if (status === 404 || status === 410) throw new OperationError(`${url}: ${what} is not there`);
  if (status !== 200) throw new OperationError(`${url} answers ${status}`);
  if (isWebPage(bytes)) throw new OperationError(webPage(url, what));
  return bytes;
}

export function isWebPage(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 200)).toString("utf8").trimStart().toLowerCase();
  return start.startsWith("<!doctype html") || start.startsWith("<html");
}

export function webPage(url: string, what: string): string {
  return `${url}: expected ${what}, found a web page. Log in to the network first, if it asks for it`;
}

/** The value of a JSON text. */
export function parseJson(url: string, what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperationError(`${url}: ${what} is not valid JSON`, { cause: error });
  }
}
