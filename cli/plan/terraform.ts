/**
 * What Terraform would do, from its documented JSON: developer.hashicorp.com/terraform/internals/
 * json-format, "Plan Representation" and "Change Representation".
 */
import { readFileSync } from "node:fs";
import { atPath } from "../../fleet/files/operation-error.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { isFields } from "./fields.ts";
import type { TerraformAction, TerraformChange, TerraformPlan } from "./model.ts";
import { terraformActions } from "./model.ts";
import type { Fields } from "./objects.ts";

/** @throws InputError where one of the files is not such JSON */
export function readTerraformPlans(files: readonly string[]): readonly TerraformPlan[] {
  return files.map((file) => {
    const bytes = atPath(file, () => readFileSync(file));
    return parseTerraformPlan(file, bytes);
  });
}

/** @throws InputError where the file is not such JSON */
export function parseTerraformPlan(file: string, bytes: Uint8Array): TerraformPlan {
  const plan = jsonOf(file, bytes);
  const { resource_changes: resources, output_changes: outputs } = plan;
  if (!("terraform_version" in plan) || !("planned_values" in plan)) {
    throw wrong(file, `this is no plan of Terraform as JSON. ${remedy}`);
  }
  if (plan["errored"] === true) {
    throw wrong(file, "Terraform had errors when it made this plan. Make it again");
  }
  const changes = (Array.isArray(resources) ? resources : []).filter(isFields);
  return {
    file,
    resources: changes.flatMap(resourceChange).toSorted(byAction),
    outputs: Object.entries(isFields(outputs) ? outputs : {})
      .filter(([, change]) => actionOf(change) !== undefined)
      .map(([name]) => name)
      .toSorted(),
  };
}

const remedy = "Write it with: terraform show -json PLAN > plan.json";

function jsonOf(file: string, bytes: Uint8Array): Fields {
  // A saved plan is a ZIP archive.
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw wrong(file, `this is a saved plan in Terraform's own form. ${remedy}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw wrong(file, `this is no JSON. ${remedy}`);
  }
  if (!isFields(value)) throw wrong(file, `this is no plan of Terraform as JSON. ${remedy}`);
  return value;
}

function wrong(file: string, message: string): InputError {
  return new InputError([{ file, message }]);
}

function resourceChange(resource: Fields): TerraformChange[] {
  const { change, mode, address } = resource;
  const action = actionOf(change);
  // A data source that is read later changes nothing.
  if (action === undefined || mode === "data" || !isFields(change)) return [];
  return [{ address: String(address), action, attributes: attributesOf(action, change) }];
}

/** Undefined for what stays as it is. */
function actionOf(change: unknown): TerraformAction | undefined {
  const actions: unknown = isFields(change) ? change["actions"] : undefined;
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
  if (action !== "update" || !isFields(before) || !isFields(after)) return [];
  const unknowns = isFields(unknown) ? unknown : {};
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
