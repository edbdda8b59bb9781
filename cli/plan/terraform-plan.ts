/**
 * Reads Terraform plans in the documented JSON format: developer.hashicorp.com/terraform/internals/
 * json-format, "Plan Representation" and "Change Representation".
 */
import { atPath } from "../../fleet/files/operation-error.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { readInputFile } from "../terminal/input-stream.ts";
import { isMapping } from "../../fleet/model/values.ts";
import type { TerraformAction, TerraformChange, TerraformPlan } from "./plan.ts";
import { terraformActions } from "./plan.ts";
import type { Fields } from "./object-changes.ts";

/** The plan of a hub has about 300 KiB. */
const planBytesMax = 16 * 2 ** 20;

/** @throws InputError where one of the files is not such JSON */
export function readTerraformPlans(files: readonly string[]): readonly TerraformPlan[] {
  return files.map((file) => {
    const bytes = atPath(file, () => readInputFile(file, planBytesMax));
    return parseTerraformPlan(file, bytes);
  });
}

/** @throws InputError where the file is not such JSON */
export function parseTerraformPlan(file: string, bytes: Uint8Array): TerraformPlan {
  const plan = jsonOf(file, bytes);
  const { resource_changes: resources, output_changes: outputs } = plan;
  if (!("terraform_version" in plan) || !("planned_values" in plan)) {
    throw wrong(file, `this is not a Terraform plan as JSON. ${fix}`);
  }
  if (plan["errored"] === true) {
    throw wrong(file, "Terraform reported errors when it made this plan. Make a new one");
  }
  const changes = (Array.isArray(resources) ? resources : []).filter(isMapping);
  return {
    file,
    resources: changes.flatMap(resourceChange).toSorted(byAction),
    outputs: Object.entries(isMapping(outputs) ? outputs : {})
      .filter(([, change]) => actionOf(change) !== undefined)
      .map(([name]) => name)
      .toSorted(),
  };
}

const fix = "Write it with: terraform show -json PLAN > plan.json";

function jsonOf(file: string, bytes: Uint8Array): Fields {
  // A saved plan is a ZIP archive.
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw wrong(file, `this is a saved plan in Terraform's binary format. ${fix}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch {
    throw wrong(file, `this is not valid JSON. ${fix}`);
  }
  if (!isMapping(value)) throw wrong(file, `this is not a Terraform plan as JSON. ${fix}`);
  return value;
}

/** A shell of Windows redirects in UTF-16, or in UTF-8 with a byte order mark. The decoder removes the mark. */
function textOf(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isWide ? "utf-16le" : "utf-8").decode(bytes);
}

function wrong(file: string, message: string): InputError {
  return new InputError([{ file, message }]);
}

function resourceChange(resource: Fields): TerraformChange[] {
  const { change, mode, address } = resource;
  const action = actionOf(change);
  // Reading a data source changes nothing.
  if (action === undefined || mode === "data" || !isMapping(change)) return [];
  return [{ address: String(address), action, attributes: attributesOf(action, change) }];
}

/** Undefined if nothing changes. */
function actionOf(change: unknown): TerraformAction | undefined {
  const actions: unknown = isMapping(change) ? change["actions"] : undefined;
  const words = Array.isArray(actions) ? actions.map(String) : [];
  if (words.includes("create") && words.includes("delete")) return "replace";
  return terraformActions.find((action) => words.includes(action));
}

function attributesOf(action: TerraformAction, change: Fields): readonly string[] {
  const { replace_paths: paths, before, after, after_unknown: unknown } = change;
  if (action === "replace") {
    const all = (Array.isArray(paths) ? paths : []).filter(Array.isArray);
    return [...new Set(all.map((path) => path.join(".")))].toSorted();
  }
  if (action !== "update" || !isMapping(before) || !isMapping(after)) return [];
  const unknowns = isMapping(unknown) ? unknown : {};
  const names = new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(unknowns)]);
  return [...names]
    .filter((name) => {
      const isSame = JSON.stringify(before[name]) === JSON.stringify(after[name]);
      return !isSame || unknowns[name] === true;
    })
    .toSorted();
}

const rank = ({ action }: TerraformChange) => terraformActions.indexOf(action);

function byAction(a: TerraformChange, b: TerraformChange): number {
  return rank(a) - rank(b) || (a.address < b.address ? -1 : 1);
}
