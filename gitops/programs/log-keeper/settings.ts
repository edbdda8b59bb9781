/** The settings of the log keeper, written by the construct that deploys it. */
export interface LogKeeperSettings {
  /** The share of the disk's size above which older logs are deleted. */
  readonly diskShareMax: number;
  /** In Elasticsearch's words: `14d`. */
  readonly retention: string;
  /** Data stream → its index template. */
  readonly streams: Readonly<Record<string, unknown>>;
}
