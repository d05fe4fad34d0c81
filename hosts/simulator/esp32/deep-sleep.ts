/**
 * Replaces the driver of deep sleep. The memory is a file, which whoever starts the program removes to cut the power. The program ends,
 * and is started again with a script that says what has woken it.
 */
import { File } from "file";
import type { SimulatedBoard } from "./board-script.ts";

const MEMORY = "./rtc-memory";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

function wake(): number {
  return ["start", "timer", "button"].indexOf(simulatedBoard().script.wake ?? "start");
}

function read(): ArrayBuffer {
  if (!File.exists(MEMORY)) return new ArrayBuffer(0);
  const file = new File(MEMORY);
  try {
    return file.read(ArrayBuffer);
  } finally {
    file.close();
  }
}

function write(bytes: Uint8Array): void {
  if (bytes.length > 2_048 + 8) throw new Error("too long");
  if (File.exists(MEMORY)) File.delete(MEMORY);
  const file = new File(MEMORY, true);
  file.write(bytes.slice().buffer);
  file.close();
}

function start(milliseconds: number, wakePin: number, heldPin: number): void {
  trace(`deep sleep: ${Math.round(milliseconds)} ms, wake pin ${wakePin}, held pin ${heldPin}\n`);
  simulatedBoard().end(4);
}

export default Object.freeze({ wake, read, write, start });
