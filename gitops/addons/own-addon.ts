/** A user's own add-ons: classes with static properties, as workloads are. */
import type { Construct } from "constructs";
import { z } from "zod";
import type { AddonChart } from "../../fleet/model/addons.ts";
import { ConstructError } from "../../fleet/model/construct-error.ts";
import {
  argoNamespace,
  gatewayNamespace,
  ownCodeFile,
  systemNamespace,
} from "../../fleet/model/contract.ts";
import { secretsNamespace } from "../programs/courier/settings.ts";
import {
  commonOptions,
  constructionOf,
  type Addon,
  type AddonDefinition,
  type AddonProps,
  type Hub,
} from "./addon.ts";

/** What a user's own add-on gets, beside the options that its class declares. */
export interface OwnAddonProps extends AddonProps {
  readonly hub: Hub;
}

/** A user's own add-on: a class that extends `Addon`. */
export interface AddonClass {
  // Each class has its own options, which are parsed with its schema: they have no common type.
  new (scope: Construct, id: string, props: any): Addon;
  /** The chart, with the version that a new fleet starts with; then the lock decides. */
  readonly chart: AddonChart;
  /** What it gives, in one line for the schema of editors. @default its name */
  readonly description?: string;
  /** What the fleet file can set, beside `enabled` and `values`. @default nothing */
  readonly options?: z.ZodObject;
  /** Names of add-ons without which it is off too. @default none */
  readonly needs?: readonly string[];
}

/** The class as an entry of the registry. */
export function ownAddon(name: string, AddonOfUser: AddonClass): AddonDefinition {
  const { chart, description = `Your add-on ${name}.`, options, needs } = AddonOfUser;
  return {
    name,
    description,
    options: withCommon(options),
    ...(needs && { needs }),
    chart,
    create(scope, hub, props) {
      try {
        const addon = new AddonOfUser(scope, name, { ...props, hub });
        requireOwnNames(addon, name);
        return addon;
      } catch (cause) {
        throw new ConstructError({ where: [`add-on ${name}`] }, cause);
      }
    },
  };
}

/** Namespaces that Kubernetes, Argo CD or Flotilla have for themselves. */
const takenNamespaces: readonly string[] = [
  argoNamespace,
  gatewayNamespace,
  secretsNamespace,
  systemNamespace,
  "default",
  "kube-node-lease",
  "kube-public",
];

/** @throws Error if the add-on would replace something else; its stack is that of the class */
function requireOwnNames(addon: Addon, registered: string): void {
  const { name, targetNamespace } = addon;
  const problem =
    name !== registered
      ? `the class passes the name "${name}" to Addon. Omit it there: the name is ${registered}, as in ${ownCodeFile}.`
      : takenNamespaces.includes(targetNamespace)
        ? `the namespace ${targetNamespace} is used by the hub itself. Write another one, like ${registered}.`
        : undefined;
  if (problem === undefined) return;
  const error = new Error(problem);
  error.stack = constructionOf(addon)?.stack ?? "";
  throw error;
}

/** With the options of every add-on. Checks of several options stay. */
function withCommon(options: z.ZodObject = z.strictObject({})): z.ZodObject {
  const { shape, checks, catchall } = options.def;
  const all = z.strictObject({ ...commonOptions, ...shape });
  return all.clone({ ...all.def, checks, catchall: catchall ?? all.def.catchall });
}
