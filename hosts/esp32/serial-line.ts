import Serial from "embedded:io/serial";
import Timer from "timer";

/** The boot loader's rate. */
const BAUD = 115_200;

/** The UART takes up to 128 bytes at once. It throws if there is no room for all bytes of a write. */
const PIECE_BYTES = 32;

/** The UART sends a piece in 3 ms. Each try waits 1 ms. */
const TRIES_MAX = 20;

/**
 * The serial line that is also used to flash the board. In a release build `trace` writes nothing, so only this class
 * writes there. In a debug build the line belongs to the debugger, which shows the output of `trace`.
 */
export class SerialLine {
  private readonly serial: Serial | undefined;

  /** @param transmit the pin */
  constructor(transmit: number) {
    try {
      this.serial = new Serial({ transmit, baud: BAUD, port: 0 });
    } catch (error) {
      trace(`serial line: ${error}\n`);
    }
  }

  /** Writes a line and waits until the UART has taken it: some 10 ms for a hundred characters. */
  write(line: string): void {
    trace(`${line}\n`);
    if (!this.serial) return;
    const bytes = new Uint8Array(ArrayBuffer.fromString(`${line}\r\n`));
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      if (!send(this.serial, bytes.subarray(at, at + PIECE_BYTES))) return;
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
