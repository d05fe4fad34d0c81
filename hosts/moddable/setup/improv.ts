/**
 * Improv Wi-Fi over a serial line, version 1 (improv-wifi.com/serial): numbers and frames. All text is UTF-8.
 *
 * | byte | a frame |
 * |---|---|
 * | 1 to 6 | `IMPROV` |
 * | 7 | version, 1 |
 * | 8 | type |
 * | 9 | length of the data |
 * | 10 … | data |
 * | last | sum of all bytes before it, modulo 256 |
 *
 * | byte of the data | a command, or the result of one |
 * |---|---|
 * | 1 | command |
 * | 2 | length of what follows |
 * | 3 … | of Wi-Fi settings and of results: texts, each after its length in one byte |
 */
import { decodeUtf8, encodeUtf8 } from "../../../src/utf8.ts";

export const FRAME = Object.freeze({ state: 1, error: 2, command: 3, result: 4 } as const);

export const COMMAND = Object.freeze({
  wifiSettings: 1,
  currentState: 2,
  deviceInfo: 3,
  scan: 4,
  hostName: 5,
  deviceName: 6,
} as const);

export const STATE = Object.freeze({ ready: 2, provisioning: 3, provisioned: 4 } as const);

export const IMPROV_ERROR = Object.freeze({
  none: 0,
  invalidPacket: 1,
  unknownCommand: 2,
  unableToConnect: 3,
  badHostName: 5,
  unknown: 0xff,
} as const);

/** `IMPROV` and the version. */
export const FRAME_START: readonly number[] = Object.freeze([0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56, 1]);

/** Bytes before the data. */
export const FRAME_HEAD_BYTES = 9;

/** Most data of a frame, in bytes. */
const DATA_BYTES_MAX = 255;

const LINE_FEED = 0x0a;

/** A frame as it is sent: on a line of its own, so that clients tell it from lines of the log. */
export function encodeFrame(type: number, data: readonly number[]): Uint8Array {
  // The usual client (improv-wifi-serial-sdk 2.8.1) takes a length of 10 for the end of a line. No reader looks at a byte after
  // the texts of a result.
  const padded = data.length === LINE_FEED ? [...data, 0] : data;
  const frame = [...FRAME_START, type, padded.length, ...padded];
  return Uint8Array.from([LINE_FEED, ...frame, sumOf(frame), LINE_FEED]);
}

/** The result of a command. Texts that do not fit are left out. */
export function encodeResult(command: number, texts: readonly string[]): Uint8Array {
  const list: number[] = [];
  for (const text of texts) {
    const bytes = encodeUtf8(text);
    if (2 + list.length + 1 + bytes.length > DATA_BYTES_MAX) break;
    list.push(bytes.length, ...bytes);
  }
  return encodeFrame(FRAME.result, [command, list.length, ...list]);
}

/** Whether the sum of a whole frame is right. */
export function isSumRight(frame: Uint8Array): boolean {
  const last = frame.length - 1;
  return sumOf(frame.subarray(0, last)) === frame[last];
}

/** The two texts of Wi-Fi settings, from the data of their command. undefined where it is not well-formed. */
export function decodeWifiSettings(data: Uint8Array): { readonly ssid: string; readonly password: string } | undefined {
  const ssidEnd = 3 + (data[2] as number);
  const passwordEnd = ssidEnd + 1 + (data[ssidEnd] ?? 0);
  if (ssidEnd >= data.length || passwordEnd !== data.length) return undefined;
  try {
    return {
      ssid: decodeUtf8(data, 3, ssidEnd, "SSID"),
      password: decodeUtf8(data, ssidEnd + 1, passwordEnd, "password"),
    };
  } catch {
    return undefined;
  }
}

function sumOf(bytes: readonly number[] | Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum += bytes[at] as number;
  return sum & 0xff;
}
