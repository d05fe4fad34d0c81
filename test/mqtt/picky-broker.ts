import { BACKOFF_MAX_MS } from "../../src/limits.ts";
import type { SessionEvent, SessionOptions } from "../../src/mqtt/session-types.ts";
import { fromHex, toHex } from "../vectors/vector.ts";
import { Bench, CONNACK_PRESENT, HELD } from "./session-bench.ts";

/** What a broker does not answer as it should. */
interface Whims {
  /** It closes on a packet that has one of these texts in it. */
  readonly closesOn?: readonly string[];
  /** It closes on a packet that begins with one of these hexadecimal digits. */
  readonly closesOnType?: readonly string[];
  /** It does not answer a packet that has one of these texts in it. */
  readonly ignores?: readonly string[];
}

/** A broker of 3.1.1 with the session present that has whims, and answers all other packets. */
export class Picky {
  readonly bench: Bench;
  readonly told: SessionEvent[] = [];
  /** The packets that came, by connection. */
  readonly connections: string[][] = [];
  readonly #closesOn: readonly string[];
  readonly #closesOnType: readonly string[];
  readonly #ignores: readonly string[];

  constructor(whims: Whims, options: Partial<SessionOptions> = {}) {
    const { closesOn = [], closesOnType = [], ignores = [] } = whims;
    const digits = (text: string) => toHex(new TextEncoder().encode(text));
    this.bench = new Bench({ held: HELD, ...options });
    this.#closesOn = closesOn.map(digits);
    this.#closesOnType = closesOnType;
    this.#ignores = ignores.map(digits);
    this.bench.session.start(this.bench.nowMs);
    this.run();
  }

  get reasons(): string[] {
    return this.told.flatMap((event) => ("reason" in event && event.type !== "disconnected" ? [event.reason] : []));
  }

  /** Until nothing more is to be done within a minute or two. */
  run(attempts = 1): void {
    const { bench } = this;
    for (let left = attempts; left > 0; ) {
      const events = bench.events();
      this.told.push(...events);
      if (events.some(({ type }) => type === "open")) {
        this.connections.push([]);
        bench.session.handleConnected(bench.nowMs);
      }
      const packets = packetsOf(bench.sent());
      if (packets.length > 0) this.#answer(packets);
      else if (!bench.session.isConnected) bench.pass(BACKOFF_MAX_MS).forEach((event) => this.#again(event));
      else left -= 1;
      if (this.connections.length > 60) break;
    }
    this.told.push(...bench.events());
  }

  /** Until a connection has ended by time, and what follows from that. */
  passDeadline(ms: number): void {
    this.bench.pass(ms).forEach((event) => this.#again(event));
    this.run();
  }

  /** Events of `pass` are told like any others. */
  #again(event: SessionEvent): void {
    this.told.push(event);
    if (event.type !== "open") return;
    this.connections.push([]);
    this.bench.session.handleConnected(this.bench.nowMs);
  }

  #answer(packets: readonly string[]): void {
    const { bench } = this;
    for (const packet of packets) {
      this.connections.at(-1)?.push(packet);
      const isClosedOn = this.#closesOnType.some((digit) => packet.startsWith(digit));
      if (isClosedOn || this.#closesOn.some((text) => packet.includes(text))) {
        bench.session.handleClosed("closed", bench.nowMs);
        return;
      }
      const answer = this.#ignores.some((text) => packet.includes(text)) ? "" : answerTo(packet);
      if (answer !== "") this.told.push(...bench.receive(answer));
    }
  }
}

export function packetsOf(writes: readonly string[]): string[] {
  const packets: string[] = [];
  for (let rest = fromHex(writes.join("")); rest.length > 0; ) {
    const length = 2 + (rest[1] as number);
    packets.push(toHex(rest.subarray(0, length)));
    rest = rest.subarray(length);
  }
  return packets;
}

function answerTo(packet: string): string {
  const bytes = fromHex(packet);
  const type = (bytes[0] as number) >> 4;
  const identifierAt = type === 3 ? 4 + (bytes[3] as number) : 2;
  const identifier = toHex(bytes.subarray(identifierAt, identifierAt + 2));
  if (type === 1) return CONNACK_PRESENT;
  if (type === 3) return ((bytes[0] as number) >> 1) & 3 ? `4002${identifier}` : "";
  if (type === 8) return `9003${identifier}01`;
  if (type === 6) return `7002${identifier}`;
  return type === 12 ? "d000" : "";
}
