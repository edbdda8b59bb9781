/** MAC addresses of network interfaces. */
import { parseMac } from "../model/mac.ts";

const example = 'Write it in quotes, like "52:54:00:12:34:56".';

/** The message on a text that is not the address of one network interface. */
export function macProblem(value: string): string | undefined {
  const mac = parseMac(value);
  if (mac === undefined) return `${JSON.stringify(value)} is not a valid MAC address. ${example}`;
  if (mac === "ff:ff:ff:ff:ff:ff" || mac === "00:00:00:00:00:00") {
    return `"${value}" is an address that no interface has. ${example}`;
  }
  return Number.parseInt(mac.slice(0, 2), 16) % 2 === 1
    ? `"${value}" is a multicast address, and no interface has one. ${example}`
    : undefined;
}
