/**
 * A day of a whole pager in virtual time, with a broker that follows a script: connect, subscribe, a push, its receipts, a ping, a
 * cut, the kept session, the push a second time. Returns what happened as lines.
 */
import { type Platform, Runner, type TransportHandlers } from "../../hosts/runner.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { parseSettings, type Settings } from "../../src/gateway/settings.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import { MemoryStore } from "../memory-store.ts";
import { seededRandom } from "../random.ts";
import { VirtualClock } from "../simulation/virtual-clock.ts";
import { asciiBytes, decodeReceipts, encodePush } from "../wire.ts";

const CONNACK_NEW = [0x20, 2, 0, 0];
const CONNACK_PRESENT = [0x20, 2, 1, 0];
const PINGRESP = [0xd0, 0];
const MESSAGE_IDENTIFIER = 0x1234;

export function run(): string[] {
  return new Script().run();
}

class Script {
  readonly #lines: string[] = [];
  readonly #clock = new VirtualClock();
  readonly #store = new MemoryStore();
  #broker: TransportHandlers | undefined;
  #connack = CONNACK_NEW;
  #screen = "";

  run(): string[] {
    const gateway = new Gateway({
      settings: settings(),
      store: this.#store,
      random: seededRandom(1),
      wallClock: () => undefined,
      measureText: (_font, text) => text.length * 9,
      size: { width: 320, height: 240 },
      sensors: [],
    });
    const runner = new Runner(gateway, this.#platform());
    runner.start();
    this.#pass(1_000, "connected");
    this.#deliver(false);
    this.#pass(1_000, "push");
    this.#pass(61_000, "quiet");
    this.#connack = CONNACK_PRESENT;
    this.#broker?.onClosed("cut");
    this.#pass(2_000, "cut");
    this.#deliver(true);
    this.#pass(1_000, "push again");
    runner.stop();
    this.#lines.push(`end: ${this.#store.keys().filter((key) => key.startsWith("m-")).length} message kept`);
    return this.#lines;
  }

  #pass(milliseconds: number, heading: string): void {
    this.#clock.runUntil(this.#clock.nowMs + milliseconds);
    this.#lines.push(`— ${heading}`);
  }

  #deliver(dup: boolean): void {
    const topic = asciiBytes("/field/im/pager-1");
    const payload = encodePush("bob", { id: "p-1", text: "mark1" });
    const length = 2 + topic.length + 2 + payload.length;
    const identifier = [MESSAGE_IDENTIFIER >> 8, MESSAGE_IDENTIFIER & 255];
    this.#broker?.onBytes(
      Uint8Array.of(dup ? 0x3a : 0x32, length, 0, topic.length, ...topic, ...identifier, ...payload),
    );
  }

  #platform(): Platform {
    let cancel = () => {};
    return {
      nowMs: () => this.#clock.nowMs,
      setTimer: (delayMs, callback) => {
        cancel();
        cancel = delayMs === undefined ? () => {} : this.#clock.after(delayMs, callback);
      },
      openTransport: (_settings, handlers) => {
        this.#broker = handlers;
        this.#clock.after(1, () => handlers.onConnected());
        return {
          write: (bytes) => this.#read(bytes.slice()),
          pause: () => this.#lines.push("pause"),
          resume: () => this.#lines.push("resume"),
          close: () => this.#lines.push("close"),
        };
      },
      paint: (drawList) => {
        const screen = screenText(drawList).join(" ");
        if (screen.includes("mark1") && !this.#screen.includes("mark1")) this.#lines.push("screen mark1");
        this.#screen = screen;
        return true;
      },
      alert: (priority) => this.#lines.push(`alert ${priority}`),
      restart: () => this.#lines.push("restart"),
      log: () => {},
    };
  }

  /** Reads the packets of the firmware. It writes only whole ones. */
  #read(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      let end = start + 1;
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[end++] as number;
        length += (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      this.#answer(bytes[start] as number, bytes.subarray(end, end + length));
      start = end + length;
    }
  }

  #answer(first: number, body: Uint8Array): void {
    const uint16 = (offset: number) => ((body[offset] as number) << 8) | (body[offset + 1] as number);
    const reply = (bytes: readonly number[]) =>
      this.#clock.after(1, () => this.#broker?.onBytes(Uint8Array.from(bytes)));
    const identifierAt = (offset: number) => [body[offset] as number, body[offset + 1] as number];
    switch (first >> 4) {
      case 1:
        this.#lines.push(`CONNECT keep-alive ${uint16(8)}, flags ${(body[7] as number).toString(16)}`);
        reply(this.#connack);
        break;
      case 3: {
        const topicEnd = 2 + uint16(0);
        const topic = String.fromCharCode(...body.subarray(2, topicEnd));
        const payload = body.subarray(topicEnd + 2);
        const receipts = decodeReceipts(payload).map(({ id, state }) => `${id} ${state}`);
        const words = receipts.length ? receipts.join(", ") : (payload[0] as number).toString(16);
        this.#lines.push(`PUBLISH ${topic} ${words}${first & 1 ? " retained" : ""}${first & 8 ? " again" : ""}`);
        reply([0x40, 2, ...identifierAt(topicEnd)]);
        break;
      }
      case 4: {
        const kept = this.#store.keys().some((key) => key.startsWith("m-"));
        this.#lines.push(`PUBACK ${uint16(0).toString(16)}, ${kept ? "after" : "before"} it was stored`);
        break;
      }
      case 8:
        this.#lines.push("SUBSCRIBE");
        reply([0x90, 6, ...identifierAt(0), 1, 1, 1, 1]);
        break;
      case 12:
        this.#lines.push("PINGREQ");
        reply(PINGRESP);
        break;
      case 14:
        this.#lines.push("DISCONNECT");
        break;
      default:
        this.#lines.push(`packet type ${first >> 4}`);
    }
  }
}

function settings(): Settings {
  const parsed = parseSettings({
    uid: "pager-1",
    "broker.protocol": "3.1.1",
    "broker.keepAlive": 60,
    "telemetry.interval": 0,
  });
  if ("errors" in parsed) throw new Error(parsed.errors.join("\n"));
  return parsed.settings;
}
