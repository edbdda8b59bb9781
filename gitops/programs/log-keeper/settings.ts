/** The settings of the log keeper, written by the construct that deploys it. */
export interface LogKeeperSettings {
  /** Of the disk's size; older logs make room above it. */
  readonly diskShareMax: number;
  /** In Elasticsearch's words: `14d`. */
  readonly retention: string;
  /** Data stream → its index template. */
  readonly streams: Readonly<Record<string, unknown>>;
}
