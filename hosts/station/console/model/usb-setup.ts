/** Sets up a device over USB: Wi-Fi by Improv, then a line with a set-up code. Each rejection is a sentence for the user. */
import { ImprovSerial } from "improv-wifi-serial-sdk/dist/serial.js";

/** The part of Web Serial that is used here. */
export interface UsbPort {
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  open(options: { baudRate: number; bufferSize?: number }): Promise<void>;
  close(): Promise<void>;
}

interface Serial {
  requestPort(): Promise<UsbPort>;
}

export interface UsbNetwork {
  readonly name: string;
  readonly rssi: number;
  readonly secured: boolean;
}

const BAUD = 115_200;
const BUFFER_BYTES = 8_192;

/** Opening the port restarts many boards. So long they may take to answer, in milliseconds. */
const START_MS = 20_000;
const SCAN_MS = 20_000;
const JOIN_MS = 60_000;

/** A device that does not say that it tries a code did not get all of it: it is sent again. */
const TAKE_MS = 5_000;
const SENDINGS_MAX = 4;

/** How long a device may try its settings, in milliseconds. */
const TRY_MS = 120_000;

/** The device has room for 128 bytes. It reads them while it does other work. */
const PIECE_BYTES = 64;
const PIECE_MS = 20;

const LOGGER = Object.freeze({ log: () => {}, error: () => {}, debug: () => {} });

/** Improv's state of a device that has joined a network. */
const PROVISIONED = 4;

/** undefined where the browser has no Web Serial, or gives it to pages of https only. */
export function webSerial(): Serial | undefined {
  return (navigator as { readonly serial?: Serial }).serial;
}

/** A device at the end of a cable. */
export class UsbDevice {
  readonly #port: UsbPort;
  readonly #improv: ImprovSerial;

  private constructor(port: UsbPort, improv: ImprovSerial) {
    this.#port = port;
    this.#improv = improv;
  }

  /** Lets the user choose a port and finds the device there. */
  static async connect(serial: Serial, onProgress: (words: string) => void): Promise<UsbDevice> {
    const port = await serial.requestPort().catch(() => {
      throw new Error("No port was chosen.");
    });
    try {
      await port.open({ baudRate: BAUD, bufferSize: BUFFER_BYTES });
    } catch {
      throw new Error("The port cannot be opened. Another program may use it.");
    }
    onProgress("Looking for the device…");
    const improv = new ImprovSerial(port as never, LOGGER);
    try {
      await improv.initialize(START_MS);
    } catch {
      await port.close().catch(() => {});
      throw new Error("No pager answers at this port. Is it the right one, and does the device run Fieldpager?");
    }
    return new UsbDevice(port, improv);
  }

  /** What the device says of itself, in words. */
  get words(): string {
    const { name, chipFamily, firmware, version } = this.#improv.info ?? {};
    return `${name} (${chipFamily}, ${firmware} ${version})`;
  }

  get hasNetwork(): boolean {
    return (this.#improv.state as number | undefined) === PROVISIONED;
  }

  /** The networks that it sees, the strongest first. Empty where it cannot look. */
  async scan(): Promise<readonly UsbNetwork[]> {
    try {
      return [...(await this.#improv.scan(SCAN_MS))].sort((a, b) => b.rssi - a.rssi);
    } catch {
      return [];
    }
  }

  async join(ssid: string, password: string): Promise<void> {
    try {
      await this.#improv.provision(ssid, password, JOIN_MS);
    } catch (error) {
      if (error === "UNABLE_TO_CONNECT")
        throw new Error(`The device cannot join ${ssid}. Is the password right, and the network near?`);
      throw new Error(
        error === "TIMEOUT" ? "The device does not answer any more." : `The device refused it: ${error}.`,
      );
    }
  }

  /** Sends the code and waits until the device keeps it. Improv ends with this. */
  async give(code: string, onProgress: (words: string) => void): Promise<void> {
    await this.#improv.close();
    const lines = new AnswerReader(this.#port);
    try {
      for (let sendings = 0; sendings < SENDINGS_MAX; sendings += 1) {
        await writeSlowly(this.#port, `\n${code}\n`);
        let answer = await lines.next(TAKE_MS);
        if (answer === "trying") {
          onProgress("The device tries its settings…");
          answer = await lines.next(TRY_MS);
          if (answer === undefined) throw new Error("The device does not say whether its settings are good.");
        }
        if (answer === "kept") return;
        // Bytes may have been lost on the way.
        if (answer !== undefined && !answer.startsWith("set-up code"))
          throw new Error(`The device refused it: ${answer}.`);
      }
      throw new Error("The device does not take the code.");
    } finally {
      await lines.close();
    }
  }

  async close(): Promise<void> {
    await this.#improv.close();
    await this.#port.close().catch(() => {});
  }
}

/** The lines `setup: …` among what a device writes. */
class AnswerReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #answers: string[] = [];
  readonly #ended: Promise<void>;
  #onAnswer = () => {};
  #isLost = false;

  constructor(port: UsbPort) {
    if (!port.readable) throw new Error("The cable was pulled out.");
    this.#reader = port.readable.getReader();
    this.#ended = this.#read().catch(() => {});
  }

  /** The next answer. undefined where there is none in time. */
  async next(timeoutMs: number): Promise<string | undefined> {
    const deadline = Date.now() + timeoutMs;
    while (this.#answers.length === 0) {
      if (this.#isLost) throw new Error("The cable was pulled out.");
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#onAnswer = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#answers.shift();
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.#ended;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) break;
        const lines = (text + decoder.decode(value, { stream: true })).split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) {
          const answer = /^setup: (.*?)\r?$/.exec(line)?.[1];
          if (answer !== undefined) this.#answers.push(answer);
        }
        this.#onAnswer();
      }
    } finally {
      this.#isLost = true;
      this.#reader.releaseLock();
      this.#onAnswer();
    }
  }
}

async function writeSlowly(port: UsbPort, text: string): Promise<void> {
  const writer = port.writable?.getWriter();
  if (!writer) throw new Error("The cable was pulled out.");
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await writer.write(bytes.subarray(at, at + PIECE_BYTES));
      await new Promise((resolve) => setTimeout(resolve, PIECE_MS));
    }
  } finally {
    writer.releaseLock();
  }
}
