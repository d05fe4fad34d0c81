import Serial from "embedded:io/serial";
import Timer from "timer";

/** As the boot loader writes. */
const BAUD = 115_200;

/** The UART takes 128 bytes at once, and throws when it has no room for all that it is given. */
const PIECE_BYTES = 32;

/** A piece leaves the UART in 3 ms. */
const TRIES_MAX = 20;

/**
 * The serial line over which a board is flashed. In a release build `trace` says nothing and nobody else writes there. In a debug
 * build the line belongs to the debugger, which shows what `trace` says.
 */
export class SerialLine {
  private readonly serial: Serial | undefined;

  /** @param transmit the pin, or undefined on a board that has none for it */
  constructor(transmit: number | undefined) {
    if (transmit === undefined) return;
    try {
      this.serial = new Serial({ transmit, baud: BAUD, port: 0 });
    } catch (error) {
      trace(`serial line: ${error}\n`);
    }
  }

  /** Waits until all of it has been taken, some 10 ms for a hundred characters. */
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
