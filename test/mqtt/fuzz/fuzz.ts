/**
 * Feeds inputs to the decoder and to a session that lives through all of them. Nothing may be thrown but the decoder's two errors.
 * Nothing may hang or grow. The session must stay usable: it connects again and answers.
 */
import { FormatError, ProtocolError } from "../../../src/errors.ts";
import { INFLIGHT_MAX, PACKET_BYTES_MAX, TRANSMIT_BYTES_MAX, UNFINISHED_MAX } from "../../../src/limits.ts";
import { Decoder } from "../../../src/mqtt/decoder.ts";
import { Session } from "../../../src/mqtt/session.ts";
import type { SessionEvent } from "../../../src/mqtt/session-types.ts";
import type { Random } from "../../../src/seams.ts";
import { MemoryStore } from "../../memory-store.ts";
import { integerBetween, seededRandom } from "../../random.ts";
import { fromHex, toHex } from "../../vectors/vector.ts";
import { PLAIN } from "../session-bench.ts";
import { fuzzInput } from "./grammar.ts";

/** After so many inputs the session is a new one. So the number of an input is enough to replay it. */
const SESSION_INPUTS = 50;
const STEPS_MAX = 20_000;
const PAYLOAD = Uint8Array.of(0x78);
const CONNACK = { 4: fromHex("20020100"), 5: fromHex("2003010000") } as const;
const PUBLISH = { 4: fromHex("3206000161ffff78"), 5: fromHex("3207000161ffff0078") } as const;

export interface FuzzOutcome {
  readonly inputs: number;
  readonly counts: Readonly<Record<"packets" | "refusals" | "messages", number>>;
  /** One sentence for each input that broke a promise. */
  readonly violations: readonly string[];
}

/** @param first number of the first input. Sessions begin at multiples of 50. A number is replayed from there. */
export function fuzz(first: number, inputs: number): FuzzOutcome {
  const total = { packets: 0, refusals: 0, messages: 0 };
  const violations: string[] = [];
  for (let block = first - (first % SESSION_INPUTS); block < first + inputs; block += SESSION_INPUTS) {
    const random = seededRandom(block + 1);
    const level = random() < 0.5 ? 4 : 5;
    const client = new FuzzedClient(level, random);
    for (let number = block; number < block + SESSION_INPUTS; number += 1) {
      const pieces = fuzzInput(random, level);
      try {
        total.packets += decodeAll(pieces, level, total);
        client.feed(pieces);
      } catch (error) {
        violations.push(`input ${number}, ${toHex(Buffer.concat(pieces)).slice(0, 400)}: ${(error as Error).stack}`);
        break;
      }
    }
    try {
      client.prove();
    } catch (error) {
      violations.push(`after input ${block + SESSION_INPUTS - 1}: ${(error as Error).stack}`);
    }
    total.messages += client.messages;
  }
  return { inputs, counts: total, violations };
}

function decodeAll(pieces: readonly Uint8Array[], level: 4 | 5, total: { refusals: number }): number {
  const decoder = new Decoder(PACKET_BYTES_MAX, level);
  let packets = 0;
  try {
    for (const piece of pieces) {
      decoder.push(piece);
      while (decoder.next()) if (++packets > STEPS_MAX) throw new Error("the decoder hangs");
    }
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof ProtocolError)) throw error;
    total.refusals += 1;
  }
  return packets;
}

class FuzzedClient {
  messages = 0;
  readonly #level: 4 | 5;
  readonly #random: Random;
  readonly #store = new MemoryStore();
  readonly #session: Session;
  #untaken: number[] = [];
  #sent = "";
  #nowMs = 0;

  constructor(level: 4 | 5, random: Random) {
    this.#level = level;
    this.#random = random;
    this.#session = new Session(
      {
        ...PLAIN,
        subscriptions: [{ topicFilter: "a", qos: 2 }],
        held: [{ topicFilter: "a", qos: 2 }],
        protocol: level === 5 ? "5" : "3.1.1",
        store: this.#store,
        backoff: { baseMs: 1, maxMs: 1 },
      },
      random,
    );
    this.#session.start(0);
    this.#drain();
  }

  /** One input. Some come in the place of CONNACK. The client publishes, and takes messages sooner or later. */
  feed(pieces: readonly Uint8Array[]): void {
    this.#connect(this.#random() < 0.9);
    for (let qos: 0 | 1 | 2 = 0; qos <= 2; qos += 1)
      if (this.#random() < 0.2 && this.#session.canPublish("t", 1, qos as 0 | 1 | 2))
        this.#session.publish({ topic: "t", payload: PAYLOAD, qos: qos as 0 | 1 | 2, retain: false }, this.#nowMs);
    for (const piece of pieces) {
      this.#session.handleBytes(piece, this.#nowMs);
      this.#drain();
    }
    while (this.#untaken.length && this.#random() < 0.8) this.#session.acknowledge(this.#untaken.shift() as number);
    if (this.#random() < 0.2) this.#session.handleClosed("cut", this.#nowMs);
    this.#drain();
    const { outboxCount } = this.#session;
    if (outboxCount > INFLIGHT_MAX) throw new Error(`${outboxCount} messages in flight`);
    if (this.#store.records.size > 2 * INFLIGHT_MAX + 1) throw new Error(`${this.#store.records.size} records`);
    const record = this.#store.records.get("q2-in");
    if ((record?.length ?? 0) > 2 * UNFINISHED_MAX) throw new Error(`${record?.length} bytes of identifiers`);
    if (this.#session.pollTimeout() === undefined) throw new Error("no timer");
  }

  /** Tries a new connection: a PUBLISH with QoS 1 is answered. */
  prove(): void {
    this.#session.handleClosed("cut", this.#nowMs);
    this.#drain();
    this.#connect(true);
    this.#sent = "";
    this.#session.handleBytes(PUBLISH[this.#level], this.#nowMs);
    this.#drain();
    for (const token of this.#untaken.splice(0)) this.#session.acknowledge(token);
    this.#drain();
    if (!this.#sent.endsWith("4002ffff")) throw new Error(`answered ${this.#sent}, expected 4002ffff`);
  }

  #connect(isComplete: boolean): void {
    for (let steps = 0; !this.#session.isConnected && steps < 5; steps += 1) {
      this.#nowMs = Math.max(this.#nowMs, this.#session.pollTimeout() ?? 0);
      if (!this.#session.isConnecting) this.#session.handleTimeout(this.#nowMs);
      this.#drain();
      this.#session.handleConnected(this.#nowMs);
      this.#drain();
      if (!isComplete) return;
      this.#session.handleBytes(CONNACK[this.#level], this.#nowMs);
      this.#drain();
    }
  }

  #drain(): void {
    for (let steps = 0, isBusy = true; isBusy; ) {
      isBusy = false;
      for (let event = this.#session.pollEvent(); event; event = this.#session.pollEvent()) {
        this.#handle(event);
        isBusy = true;
        if (++steps > STEPS_MAX) throw new Error("the session hangs");
      }
      for (let bytes = this.#session.pollTransmit(); bytes; bytes = this.#session.pollTransmit()) {
        if (bytes.length > TRANSMIT_BYTES_MAX) throw new Error(`${bytes.length} bytes to send`);
        this.#sent = toHex(bytes.subarray(-8));
        isBusy = true;
        if (++steps > STEPS_MAX) throw new Error("the session hangs");
      }
    }
  }

  #handle(event: SessionEvent): void {
    if (event.type === "disconnected") this.#untaken = [];
    if (event.type !== "message") return;
    this.messages += 1;
    if (event.token === 0) return;
    if (integerBetween(this.#random, 0, 1)) this.#session.acknowledge(event.token);
    else this.#untaken.push(event.token);
  }
}
