/**
 * What a device is answered that is not taken from. On 400 Fluent Bit throws the data away; on 503 or
 * 429 it tries again (Fluent Bit 5.1.1, out_http and out_prometheus_remote_write).
 */
export class Refusal extends Error {
  readonly status: 400 | 429 | 503;

  constructor(status: 400 | 429 | 503, message: string) {
    super(message);
    this.status = status;
  }
}
