/** Where a device dials its gateway. */
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type { Mistake } from "../../grammar/mistakes.ts";
import type { DialledGateway } from "../../model/machine.ts";
import type { Inherited } from "./inherited.ts";

type Declared = Inherited<NonNullable<MachineInput["gateway"]>>;

export function dialledGateway({ value: { port, endpoints = [] } }: Declared): DialledGateway {
  return { port: port ?? null, hosts: endpoints };
}

export function endpointMistakes({ value: { endpoints = [] }, mistake }: Declared): Mistake[] {
  const forms = endpoints.map(formOf);
  return endpoints.flatMap((host, index) =>
    forms.indexOf(forms[index] ?? "") === index
      ? []
      : [
          mistake(
            ["endpoints", index],
            `${JSON.stringify(host)} appears twice in this list. Delete one.`,
          ),
        ],
  );
}

/** The same for two spellings of one host. */
function formOf(host: string): string {
  return host.includes(":") ? new URL(`http://[${host}]/`).hostname : host.toLowerCase();
}
