/** A request to the emulated cloud, and how requests find what answers them. */
import { GoogleError } from "./cloud.ts";
import type { Cloud, Json, Operation } from "./cloud.ts";

export interface Call {
  readonly cloud: Cloud;
  /** Path with its product: `compute/projects/p/global/networks`. */
  readonly path: string;
  /** What the names in the route's pattern stand for. */
  readonly parts: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json;
  /** How an operation that this request starts ends. */
  readonly operation: Pick<Operation, "pollsLeft" | "error">;
}

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handle: (call: Call) => Json;
}

/** A pattern is a path in which `{name}` stands for one segment, `{name+}` for one or more. */
export function route(method: string, pattern: string, handle: Route["handle"]): Route {
  const expression = pattern
    .replaceAll(/\{(\w+)\+\}/g, "(?<$1>[^:]+)")
    .replaceAll(/\{(\w+)\}/g, "(?<$1>[^/:]+)");
  return { method, pattern: new RegExp(`^${expression}$`), handle };
}

/** Starts an operation on the path `target` and gives the answer of its family of APIs. */
export function startOperation(call: Call, target: string, style: Operation["style"]): Json {
  const { cloud } = call;
  const id = `operation-${cloud.operations.size + 1}`;
  const operation: Operation = { id, target, style, ...call.operation };
  cloud.operations.set(id, operation);
  return renderOperation(operation);
}

/** Answers a poll: the operation is done after the polls that it was given. */
export function pollOperation(call: Call): Json {
  const operation = call.cloud.operations.get(call.parts["operation"] ?? "");
  if (operation === undefined) throw new GoogleError(404, "notFound", `${call.path} is unknown`);
  operation.pollsLeft -= 1;
  return renderOperation(operation);
}

function renderOperation({ id, target, style, pollsLeft, error }: Operation): Json {
  const done = pollsLeft <= 0;
  const failed = done ? error : undefined;
  const product = target.slice(0, target.indexOf("/"));
  const link = target.slice(product.length + 1);
  if (style === "longrunning") {
    const parent = /^projects\/[^/]+\/locations\/[^/]+/.exec(link)?.[0];
    return {
      name: parent === undefined ? `operations/${id}` : `${parent}/operations/${id}`,
      done,
      ...(failed === undefined ? {} : { error: { code: 8, message: failed.message } }),
      ...(done && failed === undefined ? { response: { name: link } } : {}),
    };
  }
  const state = { name: id, status: done ? "DONE" : "RUNNING", targetLink: link };
  if (style === "container") {
    return failed === undefined ? state : { ...state, statusMessage: failed.message };
  }
  const region = /^projects\/[^/]+\/regions\/[^/]+/.exec(link)?.[0];
  return {
    ...state,
    kind: "compute#operation",
    ...(region === undefined ? {} : { region }),
    ...(failed === undefined ? {} : { error: { errors: [failed] } }),
  };
}
