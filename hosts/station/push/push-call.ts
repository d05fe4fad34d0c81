/** A request that the station sends when a carrier gives an answer. It may hold secrets, so that no reader of the push sees it. */
export interface PushCall {
  /** One of the push's choices. */
  readonly choice: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}
