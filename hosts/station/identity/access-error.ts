/** A request cannot be fulfilled. The message is a sentence for whoever made it; `statusCode` is the HTTP status of the answer. */
export class AccessError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}
