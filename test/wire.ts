/**
 * The wire format as a stranger would write it from its document, for senders in tests: it shares nothing with `src/payload`,
 * so that both are held against the document and not against each other. ASCII only; runs in every engine.
 */

export interface PushContent {
  readonly id: string;
  readonly text: string;
  /** Seconds since 1970; 0 says that the sender has no clock. */
  readonly timeStamp?: number;
  /** Further keys of the content, for example `pr` or `re`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Receipt {
  readonly id: string;
  /** `stored`, `shown`, `read`, `answered`, `expired` or `dropped`. */
  readonly state: string;
  /** The uid at the payload's end. */
  readonly from: string;
}

/** An instant message of IM Type 3 (notification) with one text content. */
export function encodePush(sender: string, push: PushContent): Uint8Array {
  const content = asciiBytes(JSON.stringify({ id: push.id, co: push.text, ...push.extra }));
  const timeStamp = push.timeStamp ?? 0;
  return Uint8Array.of(...uint32(timeStamp), 0x31, 0, ...uint32(content.length), ...content, ...asciiBytes(sender));
}

/** The receipt in an instant message of IM Type 4, or undefined where it is something else. */
export function decodeReceipt(payload: Uint8Array): Receipt | undefined {
  if (payload.length < 11 || (payload[4] as number) >> 4 !== 4 || payload[5] !== 5) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const end = 10 + view.getUint32(6);
  const content = JSON.parse(text(payload.subarray(10, end))) as { id: string; st: string };
  return { id: content.id, state: content.st, from: text(payload.subarray(end)) };
}

export function asciiBytes(ascii: string): Uint8Array {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  let ascii = "";
  for (const byte of bytes) ascii += String.fromCharCode(byte);
  return ascii;
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
