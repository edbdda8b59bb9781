/** The HTTP proxy of a device. */
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type { Mistake } from "../../grammar/mistakes.ts";
import type { Proxy } from "../../model/proxy.ts";
import type { Inherited } from "./inherited.ts";
import { repeatedItems } from "./repeated.ts";

type Declared = Inherited<NonNullable<MachineInput["proxy"]>>;

export function resolvedProxy({ value, secret }: Declared): Proxy {
  const { http, https = http, except = [], login } = value;
  return {
    http: http === undefined ? null : plainUrl(http),
    // Without either there is a mistake.
    https: plainUrl(https ?? ""),
    except,
    login: login === undefined ? null : secret(["login"], login, "proxy-login"),
  };
}

function plainUrl(url: string): string {
  return url.replace(/\/$/, "");
}

export function proxyMistakes(declared: Declared): Mistake[] {
  const { value, keyMistake, isAttempted } = declared;
  const { except = [] } = value;
  const mistakes = repeatedItems(declared, ["except"], except);
  if (!isAttempted(["http", "https"])) {
    const message = `"http" and "https" are missing. Write the URL of the proxy, like http: "http://proxy.example.com:3128".`;
    mistakes.push(keyMistake([], message));
  }
  return mistakes;
}
