/** Stands in for the SDK's `bleclient`. The line of input `hear <address> <advertisement in hexadecimal digits>` is an advertisement. */
import Timer from "timer";
import type { SimulatedBoard } from "./board-script.ts";

const READY_MS = 20;

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

interface Discovered {
  /** The least significant byte first. */
  readonly address: ArrayBuffer;
  readonly scanResponse: { readonly buffer: ArrayBuffer };
}

class BLEClient {
  constructor() {
    Timer.set(() => this.onReady(), READY_MS);
  }

  onReady(): void {}

  onDiscovered(_device: Discovered): void {}

  startScanning(_options: { active: boolean; duplicates: boolean }): void {
    simulatedBoard().commands.set("hear", ([address = "", digits = ""]) => {
      const octets = bytesOf(address.replaceAll(":", "")).reverse();
      this.onDiscovered({ address: octets.buffer, scanResponse: new ScanResponse(bytesOf(digits).buffer) });
    });
    trace("Bluetooth: scanning\n");
  }
}

/** Is read when somebody asks for it. */
class ScanResponse {
  private readonly bytes: ArrayBuffer;

  constructor(bytes: ArrayBuffer) {
    this.bytes = bytes;
  }

  get buffer(): ArrayBuffer {
    if (simulatedBoard().isBroken("bluetooth")) throw new Error("NimBLE: no memory");
    return this.bytes;
  }
}

function bytesOf(digits: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(digits.length / 2);
  return bytes.map((_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

export default BLEClient;
