/**
 * Providers, resources and data sources by their Terraform names, for the few of which the typed
 * bindings would weigh more than what is used of them. What the provider takes is checked by
 * `terraform validate` in the tests instead of by TypeScript.
 */
import { TerraformDataSource, TerraformProvider, TerraformResource } from "cdktf";
import type { TerraformMetaArguments } from "cdktf";
import type { Construct } from "constructs";

/** Arguments in Terraform's own spelling. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface PlainProviderProps {
  /** `hashicorp/helm`. */
  readonly source: string;
  /** Exact: a provider changes only on purpose. */
  readonly version: string;
  readonly arguments: Arguments;
}

export class PlainProvider extends TerraformProvider {
  readonly #arguments: Arguments;

  /** @param id also the provider's name in Terraform: `helm` */
  constructor(scope: Construct, id: string, props: PlainProviderProps) {
    super(scope, id, {
      terraformResourceType: id,
      terraformGeneratorMetadata: { providerName: id, providerVersion: props.version },
      terraformProviderSource: props.source,
    });
    this.#arguments = props.arguments;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { ...this.#arguments };
  }
}

export interface PlainProps extends TerraformMetaArguments {
  /** `helm_release`. */
  readonly type: string;
  readonly arguments: Arguments;
}

export class PlainResource extends TerraformResource {
  readonly #arguments: Arguments;

  constructor(scope: Construct, id: string, { type, arguments: own, ...meta }: PlainProps) {
    super(scope, id, { terraformResourceType: type, ...meta });
    this.#arguments = own;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { ...this.#arguments };
  }
}

export class PlainDataSource extends TerraformDataSource {
  readonly #arguments: Arguments;

  constructor(scope: Construct, id: string, { type, arguments: own, ...meta }: PlainProps) {
    super(scope, id, { terraformResourceType: type, ...meta });
    this.#arguments = own;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { ...this.#arguments };
  }
}
