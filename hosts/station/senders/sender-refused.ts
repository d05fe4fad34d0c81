/** Text of a sender for such a sentence, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

/** What a sender asks for makes no sense. The message is a sentence for whoever set it up. */
export class SenderRefused extends Error {
  readonly statusCode = 400;
  /** Names the error for clients of ntfy. */
  readonly ntfyCode: number;

  constructor(message: string, ntfyCode = 40_000) {
    super(message);
    this.ntfyCode = ntfyCode;
  }
}
