/**
 * The wire format for senders in tests, written from its document alone. It shares nothing with `src/payload`. So the tests compare
 * both with the document. ASCII only. It runs in every engine.
 */

export interface PushContent {
  readonly id: string;
  readonly text: string;
  /** Seconds since 1970. 0: the sender has no clock. */
  readonly timeStamp?: number;
  /** Further keys of the content, for example `pr` or `re`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Receipt {
  readonly id: string;
  /** `stored`, `shown`, `read`, `answered`, `expired` or `dropped`. */
  readonly state: string;
  /** Only with `answered`. */
  readonly answer?: string;
  /** The uid at the payload's end. */
  readonly from: string;
}

/** An instant message of IM Type 3 (notification) with one text content. */
export function encodePush(sender: string, push: PushContent): Uint8Array {
  const content = asciiBytes(JSON.stringify({ id: push.id, co: push.text, ...push.extra }));
  const timeStamp = push.timeStamp ?? 0;
  return Uint8Array.of(...uint32(timeStamp), 0x31, 0, ...uint32(content.length), ...content, ...asciiBytes(sender));
}

/** The receipts in an instant message of IM Type 4, in order. None if the payload is something else. */
export function decodeReceipts(payload: Uint8Array): Receipt[] {
  if (payload.length < 11 || (payload[4] as number) >> 4 !== 4) return [];
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const contents: { id: string; st: string; co?: string }[] = [];
  let at = 5;
  for (let left = (payload[4] as number) & 15; left > 0; left -= 1) {
    const end = at + 5 + view.getUint32(at + 1);
    if (payload[at] === 5) contents.push(JSON.parse(text(payload.subarray(at + 5, end))));
    at = end;
  }
  const from = text(payload.subarray(at));
  return contents.map(({ id, st, co }) => ({ id, state: st, from, ...(co === undefined ? {} : { answer: co }) }));
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
