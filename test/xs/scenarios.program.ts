/**
 * The main scenarios of the MQTT engine, packet by packet, in both versions: the bytes that it sends, written from the standard in
 * hexadecimal digits, and its events.
 */
import { BACKOFF_MAX_MS, PACKET_BYTES_MAX, PINGRESP_TIMEOUT_MS } from "../../src/limits.ts";
import type { SessionEvent } from "../../src/mqtt/session-types.ts";
import { MemoryStore } from "../memory-store.ts";
import { Bench } from "../mqtt/session-bench.ts";

/** One check: what was compared, the result, and the expected value. */
export interface Look {
  readonly what: string;
  readonly got: string;
  readonly expected: string;
}

const KEEP_ALIVE_SECONDS = 60;

export function run(): Look[] {
  return [...new Version("3.1.1").run(), ...new Version("5").run(), ...fallsBack()];
}

class Version {
  readonly #protocol: "3.1.1" | "5";
  readonly #looks: Look[] = [];
  /** The length of empty properties in hexadecimal digits. Nothing in 3.1.1. */
  readonly #none: string;

  constructor(protocol: "3.1.1" | "5") {
    this.#protocol = protocol;
    this.#none = protocol === "5" ? "00" : "";
  }

  run(): Look[] {
    this.#connects();
    this.#sends();
    this.#receives();
    this.#comesBack();
    this.#losesItsSession();
    this.#isSentTooMuch();
    this.#keepsAlive();
    return this.#looks;
  }

  #look(what: string, got: string | readonly string[], ...expected: readonly string[]): void {
    const text = typeof got === "string" ? got : got.join(" ");
    this.#looks.push({ what: `${this.#protocol}: ${what}`, got: text, expected: expected.join(" ") });
  }

  #bench(store = new MemoryStore()): Bench {
    return new Bench({ protocol: this.#protocol, keepAliveSeconds: KEEP_ALIVE_SECONDS, will: undefined, store });
  }

  /** A session that is connected and subscribed, with nothing left to send. */
  #connected(store = new MemoryStore()): Bench {
    const bench = this.#bench(store);
    bench.open();
    bench.receive(this.#connack("00"));
    bench.sent();
    bench.receive(this.#packet("90", "0001", this.#none, "01"));
    return bench;
  }

  #connack(flags: "00" | "01"): string {
    return this.#packet("20", flags, "00", this.#none);
  }

  #packet(first: string, ...parts: readonly string[]): string {
    const body = parts.join("");
    return `${first}${hexByte(body.length / 2)}${body}`;
  }

  /** PUBLISH of `x` on topic `a` or `t`. */
  #publish(first: string, topic: "a" | "t", identifier = ""): string {
    return this.#packet(first, "0001", topic === "a" ? "61" : "74", identifier, this.#none, "78");
  }

  #connects(): void {
    const bench = this.#bench();
    bench.session.start(bench.nowMs);
    this.#look("opens", kinds(bench.events()), "open");
    bench.session.handleConnected(bench.nowMs);
    const [connect = ""] = bench.sent();
    const level = this.#protocol === "5" ? "05" : "04";
    this.#look("CONNECT", connect.slice(4, 24), `00044d515454${level}00003c`);
    this.#look("is connected", kinds(bench.receive(this.#connack("00"))), "connected");
    this.#look("SUBSCRIBE", bench.sent(), this.#packet("82", "0001", this.#none, "000161", "01"));
    this.#look("is subscribed", kinds(bench.receive(this.#packet("90", "0001", this.#none, "01"))), "subscribed");
  }

  #sends(): void {
    const bench = this.#connected();
    bench.publish("x", { qos: 0 });
    this.#look("PUBLISH of QoS 0", bench.sent(), this.#publish("30", "t"));
    bench.publish("x", { qos: 1 });
    this.#look("PUBLISH of QoS 1", bench.sent(), this.#publish("32", "t", "0002"));
    this.#look("PUBACK", kinds(bench.receive("40020002")), "acknowledged");
    bench.publish("x", { qos: 2 });
    this.#look("PUBLISH of QoS 2", bench.sent(), this.#publish("34", "t", "0003"));
    bench.receive("50020003");
    this.#look("PUBREL", bench.sent(), "62020003");
    this.#look("PUBCOMP", kinds(bench.receive("70020003")), "acknowledged");
  }

  #receives(): void {
    const bench = this.#connected();
    this.#look("a message of QoS 0", kinds(bench.receive(this.#publish("30", "a"))), "message");
    const once = bench.receive(this.#publish("32", "a", "0007"));
    this.#look("of QoS 1", kinds(once), "message");
    this.#look("no answer before it is taken", bench.sent(), "");
    bench.take(once);
    this.#look("PUBACK of ours", bench.sent(), "40020007");
    bench.take(bench.receive(this.#publish("34", "a", "0009")));
    this.#look("PUBREC", bench.sent(), "50020009");
    this.#look("the same again", kinds(bench.receive(this.#publish("3c", "a", "0009"))), "");
    this.#look("PUBREC again", bench.sent(), "50020009");
    bench.receive("62020009");
    this.#look("PUBCOMP of ours", bench.sent(), "70020009");
  }

  #comesBack(): void {
    const store = new MemoryStore();
    const bench = this.#connected(store);
    bench.publish("x", { qos: 1, isDurable: true });
    bench.publish("x", { qos: 2 });
    bench.sent();
    const again = [this.#publish("3a", "t", "0002"), this.#publish("3c", "t", "0003")];
    this.#look("sends again, with DUP", bench.reconnect(this.#connack("01")).join(""), again.join(""));
    const rebooted = this.#bench(store);
    rebooted.open();
    rebooted.receive(this.#connack("01"));
    this.#look("also after a reboot", rebooted.sent().join("").includes(again.join("")) ? "yes" : "no", "yes");
  }

  #losesItsSession(): void {
    const bench = this.#connected();
    bench.publish("x", { qos: 1 });
    bench.sent();
    const sent = bench.reconnect(this.#connack("00")).join("");
    this.#look("subscribes again", sent.slice(0, 2), "82");
    this.#look("sends as new", sent.includes(this.#publish("32", "t", "0002")) ? "yes" : sent, "yes");
  }

  #isSentTooMuch(): void {
    const bench = this.#connected();
    const payload = "78".repeat(PACKET_BYTES_MAX);
    const body = `000161${"0005"}${this.#none}${payload}`;
    const length = body.length / 2;
    const head = `32${hexByte((length & 0x7f) | 0x80)}${hexByte(length >> 7)}`;
    this.#look("a message that is too large", kinds(bench.receive(head + body)), "oversize");
    this.#look("does not come again", bench.sent().join("").slice(0, 2), "40");
  }

  #keepsAlive(): void {
    const bench = this.#connected();
    bench.pass(KEEP_ALIVE_SECONDS * 1_000);
    this.#look("PINGREQ", bench.sent(), "c000");
    this.#look("PINGRESP", kinds(bench.receive("d000")).replace("intervalLearned", "").trim(), "");
    bench.pass(KEEP_ALIVE_SECONDS * 1_000);
    bench.sent();
    this.#look(
      "is half-open",
      kinds(bench.pass(PINGRESP_TIMEOUT_MS)).replace(" intervalLearned", ""),
      "close disconnected",
    );
    this.#look("tries again", kinds(bench.pass(BACKOFF_MAX_MS)), "open");
  }
}

/** Begins with 5. The broker does not speak it, so the session begins again with 3.1.1. */
function fallsBack(): Look[] {
  const bench = new Bench({ protocol: "auto", will: undefined });
  bench.session.start(bench.nowMs);
  bench.events();
  const levels: string[] = [];
  for (const connack of ["2003008400", "20020000"]) {
    bench.session.handleConnected(bench.nowMs);
    levels.push((bench.sent()[0] ?? "").slice(16, 18));
    bench.receive(connack);
    bench.pass(0);
  }
  return [{ what: "auto: levels", got: `${levels.join(" ")} ${bench.session.isConnected}`, expected: "05 04 true" }];
}

function kinds(events: readonly SessionEvent[]): string {
  return events.map(({ type }) => type).join(" ");
}

function hexByte(value: number): string {
  return `${value < 16 ? "0" : ""}${value.toString(16)}`;
}
