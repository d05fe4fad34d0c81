import Serial from "embedded:io/serial";
import { firmwareText } from "fieldpager/firmware";
import Timer from "timer";
import type { SerialReader, SetupLine } from "../moddable/board.ts";
import type { Guards } from "../moddable/guard.ts";

/** The boot loader's rate. */
const BAUD = 115_200;

/** The UART takes up to 128 bytes at once. It throws if there is no room for all bytes of a write. */
const PIECE_BYTES = 32;

/** The UART sends a piece in 3 ms. Each try waits 1 ms. */
const TRIES_MAX = 20;

/** The UART keeps so many bytes that were not read. It loses what comes then. */
const RECEIVED_BYTES = 128;

/** How long the rest of a frame or a line is waited for within one call, in milliseconds. */
const REST_MS = 20;

/** The input pin of the first UART beside its output pin: on ESP32, C3 and S3. */
const RECEIVE_PINS: Readonly<Record<number, number>> = Object.freeze({ 1: 3, 21: 20, 43: 44 });

/**
 * The serial line that is also used to flash the board. In a release build `trace` writes nothing, so only this class
 * writes there. In a debug build the line belongs to the debugger, which shows the output of `trace`.
 */
export class SerialLine implements SetupLine {
  readonly firmware = firmwareText();
  private readonly serial: Serial | undefined;
  private readonly received = new Uint8Array(RECEIVED_BYTES);
  /** Is called when something comes over the line. */
  onReceived: () => void = () => {};
  private makeReader: (() => SerialReader) | undefined;
  private reader: SerialReader | undefined;

  /** @param transmit the pin */
  constructor(transmit: number, guards: Guards) {
    const receive = RECEIVE_PINS[transmit];
    const guard = guards.of("serial line");
    try {
      this.serial = new Serial({
        transmit,
        ...(receive === undefined ? {} : { receive, onReadable: () => guard.run(() => this.read()) }),
        baud: BAUD,
        port: 0,
      });
    } catch (error) {
      trace(`serial line: ${error}\n`);
    }
  }

  listen(makeReader: () => SerialReader): void {
    this.makeReader = makeReader;
    this.read();
  }

  /** Writes a line and waits until the UART has taken it: some 10 ms for a hundred characters. */
  write(line: string): void {
    trace(`${line}\n`);
    this.send(new Uint8Array(ArrayBuffer.fromString(`${line}\r\n`)));
  }

  send(bytes: Uint8Array): void {
    if (!this.serial) return;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      if (!send(this.serial, bytes.subarray(at, at + PIECE_BYTES))) return;
  }

  /**
   * Reads what has come. The UART holds 11 ms of a line, and the program may be busy for longer. So the rest of what has begun is
   * read at once.
   */
  private read(): void {
    const { serial } = this;
    const makeReader = this.makeReader;
    if (!serial || !makeReader) return;
    for (let quietMs = 0; quietMs < REST_MS; quietMs += 1) {
      const count = serial.read(this.received);
      if (count !== undefined) {
        quietMs = 0;
        this.onReceived();
        this.reader ??= makeReader();
        this.reader.handleBytes(this.received.subarray(0, count));
      }
      if (!this.reader?.isReading) return;
      Timer.delay(1);
    }
  }
}

function send(serial: Serial, piece: Uint8Array): boolean {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      serial.write(piece);
      return true;
    } catch {
      Timer.delay(1);
    }
  }
  return false;
}
