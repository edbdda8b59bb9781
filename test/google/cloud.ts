/**
 * What the emulated cloud holds: resources by path, how often each was made, operations under way.
 *
 * A path is what follows `/<product>/<version>/`, `projects/p/global/networks/n`, with the
 * product before it: `compute/projects/p/global/networks/n`. It is also how resources refer to one
 * another, so that two rules of Google's hold for every kind alike: what is referred to must be
 * there, and what others refer to can't be deleted.
 */

export type Json = Record<string, unknown>;

/** An answer other than 200, in the form of Google's APIs. */
export class GoogleError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly details: readonly Json[];

  constructor(status: number, reason: string, message: string, details: readonly Json[] = []) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.details = details;
  }

  get body(): Json {
    const { status: code, message, reason, details } = this;
    const errors = [{ message, domain: "global", reason }];
    return { error: { code, message, errors, status: statusNames[code], details } };
  }
}

const statusNames: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
};

/** Something that takes a moment. */
export interface Operation {
  readonly id: string;
  /** Path of what it works on. */
  readonly target: string;
  /** The form of answer: each family of APIs has its own. */
  readonly style: "compute" | "container" | "longrunning";
  /** How often it is asked for before it is done. Infinity is until it is released. */
  pollsLeft: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Paths of resources within a string: a reference may have any endpoint before it. */
const referencePattern =
  /projects\/[^/]+\/(?:global|(?:regions|locations|zones)\/[^/]+)\/(networks|subnetworks|routers|addresses|clusters|keyRings)\/[^/]+(?:\/cryptoKeys\/[^/]+)?$/;

const productOf: Readonly<Record<string, string>> = { clusters: "container", keyRings: "kms" };

export class Cloud {
  readonly resources = new Map<string, Json>();
  /** How often something was made at a path, over the whole life of the cloud. */
  readonly creations = new Map<string, number>();
  readonly operations = new Map<string, Operation>();
  readonly policies = new Map<string, Json>();

  get(path: string): Json {
    const resource = this.resources.get(path);
    if (resource === undefined) throw new GoogleError(404, "notFound", `${path} was not found`);
    return resource;
  }

  create(path: string, resource: Json): void {
    if (this.resources.has(path)) {
      throw new GoogleError(409, "alreadyExists", `The resource '${path}' already exists`);
    }
    for (const reference of references(resource)) {
      if (!this.resources.has(reference) && reference !== path) {
        throw new GoogleError(404, "notFound", `${path} refers to ${reference}, which isn't there`);
      }
    }
    this.resources.set(path, resource);
    this.creations.set(path, (this.creations.get(path) ?? 0) + 1);
  }

  /** Deletes a resource and what is below it. */
  delete(path: string): void {
    this.get(path);
    for (const [other, resource] of this.resources) {
      if (!below(other, path) && references(resource).includes(path)) {
        const text = `The resource '${path}' is already being used by '${other}'`;
        throw new GoogleError(400, "resourceInUseByAnotherResource", text);
      }
    }
    this.remove(path);
  }

  /** Removes a resource and what is below it, whoever refers to it. */
  remove(path: string): void {
    for (const other of this.resources.keys()) {
      if (below(other, path)) this.resources.delete(other);
    }
    this.policies.delete(path);
  }

  /** Every right that anybody has, `<path> <role> <member>`, but on a key, which stays. */
  bindings(): string[] {
    return [...this.policies]
      .filter(([path]) => !path.startsWith("kms/"))
      .flatMap(([path, { bindings }]) =>
        ((bindings ?? []) as { role: string; members?: string[] }[]).flatMap(({ role, members }) =>
          (members ?? []).map((member) => `${path} ${role} ${member}`),
        ),
      );
  }

  /** The resources directly below a collection. */
  list(collection: string): Json[] {
    return [...this.resources]
      .filter(([path]) => path.slice(0, path.lastIndexOf("/")) === collection)
      .map(([, resource]) => resource);
  }
}

function below(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}

function references(value: unknown, key = ""): string[] {
  if (typeof value === "string") {
    const [reference, collection = ""] = referencePattern.exec(value) ?? [];
    // A resource's own name and link are not references.
    if (reference === undefined || key === "name" || key === "selfLink") return [];
    return [`${productOf[collection] ?? "compute"}/${reference}`];
  }
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([inner, child]) =>
    references(child, Array.isArray(value) ? key : inner),
  );
}
