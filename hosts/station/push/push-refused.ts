/** A push is refused. Status and message are the answer of the HTTP interface. */
export class PushRefused extends Error {
  readonly statusCode: number;
  /** When to try again, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(statusCode: number, message: string, retryAfterSeconds?: number) {
    super(message);
    this.statusCode = statusCode;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function full(): PushRefused {
  return new PushRefused(503, "the station holds as many pushes as it can, and they wait for their devices");
}

export function ownFull(): PushRefused {
  return new PushRefused(429, "this account has as many pushes here as it may, and they wait for their devices");
}

export function deviceFull(device: string): PushRefused {
  return new PushRefused(429, `as many pushes as may wait for ${device}: it has to take some first`);
}
