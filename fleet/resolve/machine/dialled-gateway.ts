/** Where a device dials its gateway. */
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type { Mistake } from "../../grammar/mistakes.ts";
import type { DialledGateway } from "../../model/machine.ts";
import { formatIp, parseIp } from "../../model/ip.ts";
import type { Inherited } from "./inherited.ts";
import { repeatedItems } from "./repeated.ts";

type Declared = Inherited<NonNullable<MachineInput["gateway"]>>;

export function dialledGateway({ value: { port, endpoints = [] } }: Declared): DialledGateway {
  return { port: port ?? null, hosts: endpoints };
}

export function endpointMistakes(declared: Declared): Mistake[] {
  const { endpoints = [] } = declared.value;
  return repeatedItems(declared, ["endpoints"], endpoints, { same: formOf });
}

/** The same for two spellings of one host. */
function formOf(host: string): string {
  const ip = parseIp(host);
  return ip === undefined ? host.toLowerCase() : formatIp(ip);
}
