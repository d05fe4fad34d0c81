/** What was asked for cannot be done: a sentence for the one who asked, and the HTTP status that says the same. */
export class AccessError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}
